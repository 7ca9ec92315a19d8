import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../emulator/start-emulator.ts';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';
import { clientOf, type EmulatorClient, type Shown } from '../support/emulator-client.ts';

const RUN = 'checkpoints/20260301_101500';
const PROJECT = 'Support bot';

let emulator: Emulator;
let cli: CliFixture;
let source: EmulatorClient;
let destination: EmulatorClient;

beforeEach(async () => {
  emulator = await startEmulator();
  cli = cliFixture();
  cli.write('migration.yaml', 'version: 1\n');
  [source, destination] = [clientOf(emulator), clientOf(emulator, emulator.orgs[1]?.name)];
});
afterEach(async () => {
  cli.remove();
  await emulator.close();
});

function run(...argv: string[]) {
  const [from, into] = emulator.orgs;
  return cli.run(argv, {
    env: {
      BT_SOURCE_URL: emulator.url,
      BT_DEST_URL: emulator.url,
      BT_SOURCE_API_KEY: from?.key,
      BT_DEST_API_KEY: into?.key,
    },
  });
}

/** Writes a file as braintrust-migrate does, below the folder of the run. */
function checkpoint(path: string, content: unknown): void {
  const place = join(cli.folder, RUN, path);
  mkdirSync(join(place, '..'), { recursive: true });
  writeFileSync(place, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
}

function mapped(pairs: readonly (readonly [Shown, Shown])[]): unknown {
  const id_mapping = Object.fromEntries(pairs.map(([from, into]) => [from.id, into.id]));
  return { completed_ids: Object.keys(id_mapping), failed_ids: [], id_mapping, metadata: {} };
}

/** The same object in both organizations, the destination's with changes. */
async function both(kind: string, owners: readonly [Shown, Shown] | undefined, body: object, other: object = {}) {
  const owned = (owner: Shown | undefined): object => (owner === undefined ? {} : { project_id: owner.id });
  return [
    await source.object('POST', `/v1/${kind}`, { ...owned(owners?.[0]), ...body }),
    await destination.object('POST', `/v1/${kind}`, { ...owned(owners?.[1]), ...body, ...other }),
  ] as const;
}

describe('import-checkpoints', () => {
  test('takes over which object became which, also under another name, and leaves what is gone', async () => {
    const projects = await both('project', undefined, { name: PROJECT });
    const role = await both('role', undefined, { name: 'Reviewer' }, { name: 'Reviewer 2' });
    const prompt = await both('prompt', projects, { name: 'Triage', slug: 'triage' });
    checkpoint('organization/roles_state.json', mapped([role]));
    const gone = { id: '00000000-0000-4000-8000-000000000000' };
    checkpoint(`${PROJECT}/prompts_state.json`, mapped([prompt, [gone, gone]]));

    const taken = await run('import-checkpoints', RUN, '--json');
    expect(taken).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(taken.stdout)).toMatchObject({ objects: 3, left_out: 1, containers: 0 });
    const { items } = JSON.parse((await run('state', 'list', '--json')).stdout);
    expect(items.map(({ address, origin }: Record<string, string>) => [address, origin])).toEqual(
      expect.arrayContaining([
        ['role.Reviewer', 'adopted'],
        [`prompt."${PROJECT}".triage`, 'adopted'],
        [`project."${PROJECT}"`, 'adopted'],
      ]),
    );
    // Without the mapping the plan would create a second role; with it, it is the same one under another name.
    const { actions } = JSON.parse((await run('plan', '--json')).stdout);
    expect(actions.filter(({ op }: { op: string }) => op === 'create')).toEqual([]);
    expect(actions).toContainEqual(expect.objectContaining({ id: 'update:role.Reviewer' }));
    expect(JSON.parse((await run('import-checkpoints', RUN, '--json')).stdout)).toMatchObject({ objects: 0 });
    expect((await run('state', 'check')).code).toBe(0);
  });

  test('takes over row cursors of logs, of one container and of groups, and names those it cannot place', async () => {
    const projects = await both('project', undefined, { name: PROJECT });
    const datasets = [
      await both('dataset', projects, { name: 'Tickets' }),
      await both('dataset', projects, { name: 'Answers' }),
      await both('dataset', projects, { name: 'Alone' }),
    ];
    const ids = datasets.map(([from]) => from.id);
    const key = 'p07595896130987753474';
    const young = 'p07695896130987753474';
    const cursor = (rows: number, last = key) => ({
      btql_min_pagination_key: last,
      inserted_events: rows,
      inserted_bytes: 2 * rows,
    });
    checkpoint(`${PROJECT}/datasets_state.json`, mapped(datasets));
    checkpoint(`${PROJECT}/logs_streaming_state.json`, cursor(7));
    const group = createHash('sha1').update(`${ids[0]},${ids[1]}`).digest('hex').slice(0, 12);
    checkpoint(`${PROJECT}/dataset_events/group_${group}_state.json`, cursor(5));
    checkpoint(`${PROJECT}/dataset_events/${ids[2]}_state.json`, cursor(3, young));
    checkpoint(`${PROJECT}/dataset_events/group_000000000000_state.json`, cursor(1));

    const taken = JSON.parse((await run('import-checkpoints', RUN, '--json')).stdout);
    expect(taken).toMatchObject({ exit_code: 0, objects: 4, containers: 4 });
    expect(taken.unassigned_cursors).toEqual([`${PROJECT}/dataset_events/group_000000000000_state.json`]);
    const { streams } = JSON.parse((await run('state', 'export')).stdout);
    const progress = streams.progress.map((entry: Record<string, unknown>) => [
      entry.stream,
      entry.container,
      entry.last_key,
    ]);
    expect(progress).toEqual(
      expect.arrayContaining([
        ['logs', projects[0].id, key],
        ...ids.map((id, index) => ['dataset_rows', id, index === 2 ? young : key]),
      ]),
    );
    // Behind the transaction that inserted the last row; behind the start of the run when that row is younger.
    const inserted = ((0x0de1n << 48n) | (BigInt(key.slice(1)) >> 16n)).toString();
    const start = Date.UTC(2026, 2, 1, 10, 15) / 1000 - 14 * 3600;
    const settled = (stream: string, container: string | undefined) =>
      streams.progress.find(
        (entry: Record<string, unknown>) => entry.stream === stream && entry.container === container,
      ).settled;
    expect(settled('logs', projects[0].id)).toBe(inserted);
    expect(settled('dataset_rows', ids[2])).toBe((((0x0de1n << 48n) | (BigInt(start) << 16n)) - 1n).toString());
    expect((await run('state', 'check')).code).toBe(0);
  });

  test.each([
    [
      'a cut file',
      (): void => checkpoint(`${PROJECT}/prompts_state.json`, '{"id_mapping": {"a": "b"'),
      'prompts_state.json',
    ],
    ['a folder of runs', (): void => checkpoint(`${PROJECT}/prompts_state.json`, '{}'), RUN],
    [
      'an empty folder',
      (): void => void mkdirSync(join(cli.folder, RUN), { recursive: true }),
      'not the folder of one run',
    ],
  ])('refuses %s in one message and writes nothing', async (what, make, words) => {
    make();
    const folder = what === 'a folder of runs' ? 'checkpoints' : RUN;
    const refused = await run('import-checkpoints', folder);
    expect(refused.code).toBe(7);
    expect(refused.stderr).toContain(words);
    expect(refused.stderr.match(/^Error: /gm)).toHaveLength(1);
    expect(existsSync(join(cli.folder, 'bt-migrate.state.db'))).toBe(false);
  });

  test('refuses what the state knows as something else', async () => {
    const [from, into] = await both('role', undefined, { name: 'Reviewer' });
    const other = await destination.object('POST', '/v1/role', { name: 'Other' });
    checkpoint('organization/roles_state.json', mapped([[from, into]]));
    expect((await run('import-checkpoints', RUN)).code).toBe(0);
    checkpoint('organization/roles_state.json', mapped([[from, other]]));
    const refused = await run('import-checkpoints', RUN);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('role.Reviewer');
  });
});
