import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../emulator/start-emulator.ts';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';
import { clientOf, type EmulatorClient, type Shown } from '../support/emulator-client.ts';

const LOGS = 'logs."Support bot"';

let emulator: Emulator;
let cli: CliFixture;
let source: EmulatorClient;
let destination: EmulatorClient;
let project: Shown;

beforeEach(async () => {
  emulator = await startEmulator();
  cli = cliFixture();
  [source, destination] = [clientOf(emulator), clientOf(emulator, emulator.orgs[1]?.name)];
  project = await source.object('POST', '/v1/project', { name: 'Support bot' });
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

async function apply(spec = ''): Promise<void> {
  cli.write('migration.yaml', `version: 1\n${spec}`);
  expect((await run('apply', '--auto-approve')).code).toBe(0);
}

async function verify(...argv: string[]) {
  const { code, stdout } = await run('verify', '--json', ...argv);
  const items = JSON.parse(stdout).items as Record<string, unknown>[];
  return { code, item: (address: string) => items.find((one) => one.address === address) };
}

const log = (container: string, row: object): Promise<Shown> =>
  source.object('POST', '/logs3', { rows: [{ project_id: container, log_id: 'g', ...row }], api_version: 2 });

async function there(): Promise<string> {
  return (await destination.list('/v1/project'))[0]?.id as string;
}

describe('what rows refer to', () => {
  const origin = (id: string) => ({ object_type: 'dataset', object_id: id, id: 'question-1' });

  test('is followed; what nothing in the destination answers to was kept, and is counted', async () => {
    const dataset = await source.object('POST', '/v1/dataset', { project_id: project.id, name: 'Tickets' });
    await log(project.id, { id: 'known', input: 1, origin: origin(dataset.id) });
    await log(project.id, { id: 'unknown', input: 1, origin: origin(randomUUID()) });
    await apply();
    for (const level of ['hash', 'content']) {
      const { code, item } = await verify('--level', level);
      expect(code).toBe(0);
      expect(item(LOGS)).toMatchObject({ symbol: '=', references: { followed: 2, broken: 0, kept: 1 } });
    }
    expect((await run('verify')).stdout).toMatch(/1 of rows were kept, because nothing there answers to them/);
  });

  test('differs where the object is gone, although every row is as it was written', async () => {
    const dataset = await source.object('POST', '/v1/dataset', { project_id: project.id, name: 'Tickets' });
    await log(project.id, { id: 'answer', input: 1, origin: origin(dataset.id) });
    await apply();
    const [copied] = await destination.list('/v1/dataset');
    await destination.object('DELETE', `/v1/dataset/${copied?.id}`);
    const { code, item } = await verify();
    expect(code).toBe(9);
    expect(item(LOGS)).toMatchObject({
      symbol: '*',
      references: { followed: 1, broken: 1 },
      first_difference: {
        row: 'answer',
        path: 'origin.object_id',
        reference: `dataset:${copied?.id}`,
        leads_to: 'nothing',
      },
    });
  });

  test('differs where it is still the source’s, because a version that forgot such rows copied them', async () => {
    const prompt = await source.object('POST', '/v1/prompt', {
      project_id: project.id,
      name: 'Triage',
      slug: 'triage',
      prompt_data: { prompt: { type: 'completion', content: 'Sort this ticket.' } },
    });
    const elsewhere = randomUUID();
    await log(project.id, { id: 'answer', input: 1, metadata: { prompt: { id: prompt.id, project_id: elsewhere } } });
    await apply('resources: { include: [projects, logs] }\n');
    const state = new Database(join(cli.folder, 'bt-migrate.state.db'));
    state.exec('DELETE FROM unresolved_reference');
    state.close();
    await apply();
    const { code, item } = await verify();
    expect(code).toBe(9);
    expect(item(LOGS)).toMatchObject({
      symbol: '*',
      first_difference: {
        row: 'answer',
        path: 'metadata.prompt.id',
        reference: `prompt:${prompt.id}`,
        leads_to: 'source',
      },
    });
    expect((await run('verify')).stdout).toContain(
      `row answer, metadata.prompt.id refers to prompt:${prompt.id}, which is an object of the source`,
    );
  });

  test('differs where somebody pins a version of it in the destination', async () => {
    const dataset = await source.object('POST', '/v1/dataset', { project_id: project.id, name: 'Tickets' });
    await log(project.id, { id: 'answer', input: 1, origin: origin(dataset.id) });
    await apply();
    const [copied] = await destination.list('/v1/dataset');
    const pinned = { ...origin(copied?.id as string), _xact_id: '1000192656880881099' };
    const row = { project_id: await there(), log_id: 'g', id: 'answer', input: 1, origin: pinned };
    await destination.object('POST', '/logs3', { rows: [row], api_version: 2 });
    const { code, item } = await verify();
    expect(code).toBe(9);
    expect(item(LOGS)).toMatchObject({ first_difference: { row: 'answer', path: 'origin._xact_id' } });
  });
});

describe('attachments', () => {
  interface Held {
    readonly key: string;
    readonly base64: string;
  }

  beforeEach(async () => {
    const [org] = await source.list('/v1/organization');
    for (const name of ['a', 'b']) {
      const about = { key: randomUUID(), filename: `${name}.txt`, content_type: 'text/plain' };
      const { signedUrl, headers } = await source.object('POST', '/attachment', { ...about, org_id: org?.id });
      await fetch(String(signedUrl), { method: 'PUT', headers: headers as Record<string, string>, body: 'a ticket' });
      const status = { upload_status: 'done' };
      await source.object('POST', '/attachment/status', { key: about.key, org_id: org?.id, status });
      await log(project.id, { id: name, input: { file: { type: 'braintrust_attachment', ...about } } });
    }
    await apply();
  });

  const filesOf = ({ blobs }: { readonly blobs: Held[] }): Held[] =>
    blobs.filter(({ base64 }) => Buffer.from(base64, 'base64').toString() === 'a ticket');

  /** Changes what is stored of one attachment; the source's were uploaded before those of the destination. */
  function change(side: 'source' | 'destination', to: (blob: Held) => Held[]): void {
    const dump = structuredClone(emulator.dump()) as { blobs: Held[] };
    const files = filesOf(dump);
    const chosen = side === 'source' ? files[0] : files.at(-1);
    const blobs = dump.blobs.flatMap((blob) => (blob === chosen ? to(blob) : [blob]));
    emulator.load({ ...dump, blobs } as unknown as Parameters<Emulator['load']>[0]);
  }
  const ways = {
    lost: (): Held[] => [],
    shorter: (blob: Held): Held[] => [{ ...blob, base64: Buffer.from('a tick').toString('base64') }],
  };

  test.each([
    ['hash', 2],
    ['content', 4],
  ])('are all opened at level %s, with the figure', async (level, checked) => {
    const { code, item } = await verify('--level', level);
    expect(code).toBe(0);
    expect(item(LOGS)).toMatchObject({ symbol: '=', attachments: { checked, unavailable: 0 } });
    expect((await run('verify', '--level', level)).stdout).toContain(
      `${checked} attachments asked for: 0 cannot be downloaded as they were copied.`,
    );
  });

  test.each([
    ['lost', 'destination', [], { row: null }],
    ['lost', 'destination', ['--sample', '1'], { row: null }],
    ['lost', 'destination', ['--level', 'content'], { row: null }],
    ['shorter', 'destination', [], { bytes: 6, copied_bytes: 8 }],
    ['lost', 'source', ['--level', 'content'], { side: 'source' }],
    ['shorter', 'source', ['--both-sides'], { side: 'source', bytes: 6, copied_bytes: 8 }],
  ] as const)('that are %s in the %s are named with %j', async (how, side, flags, first) => {
    change(side, ways[how]);
    const { code, item } = await verify(...flags);
    expect(code).toBe(9);
    expect(item(LOGS)).toMatchObject({
      symbol: '*',
      attachments: { unavailable: 1 },
      first_difference: { attachment: expect.any(String), ...first },
    });
  });

  function refuse(path: string, status: number, times?: number): void {
    const rule = { match: { path, org: 'Acme Prod' }, action: { type: 'status', status } } as const;
    emulator.faults.add(times === undefined ? rule : { ...rule, times });
  }

  test.each([[[]], [['--sample', '1']], [['--level', 'content']]])(
    'of which one cannot be looked at are named with the reason, and everything else goes on with %j',
    async (flags) => {
      const stored = filesOf(emulator.dump() as unknown as { blobs: Held[] }).at(-1);
      const key = stored?.key.split('/').at(-1) ?? '';
      emulator.faults.add({ match: { path: `/object-store/*${key}*` }, action: { type: 'status', status: 403 } });
      const { code, item } = await verify(...flags);
      expect(code).toBe(8);
      const reason = expect.stringMatching(/fetched from http:\/\/127\.0\.0\.1:\d+, which answered 403\./);
      expect(item(LOGS)).toMatchObject({
        symbol: '!',
        rows_compared: 2,
        attachments: { unavailable: 0, unknown: 1 },
        unread_attachments: [{ attachment: key, reason }],
      });
      expect(item('project."Support bot"')).toMatchObject({ symbol: '=' });
      const { stdout, stderr } = await run('verify', ...flags);
      expect(stdout).toContain(`  ! ${LOGS}: attachment ${key} could not be looked at: `);
      expect(stdout).toContain('0 cannot be downloaded as they were copied, 1 could not be looked at.');
      expect(stderr).toContain(`1 attachment could not be looked at; ${key} of ${LOGS} is one of them.`);
    },
    60_000,
  );

  test('of which one cannot be looked at hide no difference', async () => {
    refuse('/attachment', 403, 1);
    await destination.object('POST', '/logs3', {
      rows: [{ project_id: await there(), log_id: 'g', id: 'a', _object_delete: true }],
      api_version: 2,
    });
    const { code, item } = await verify('--level', 'content');
    expect(code).toBe(9);
    expect(item(LOGS)).toMatchObject({
      symbol: '+',
      attachments: { unknown: 1 },
      first_difference: { row: 'a', what: 'missing' },
    });
  });

  test('end the run where nothing else could be read either', async () => {
    refuse('/attachment', 401);
    const { code, stdout } = await run('verify', '--json');
    expect(code).toBe(6);
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'BTM_CREDENTIALS_REJECTED' });
  });

  test('are not asked for one by one where their store answers for none', async () => {
    const file = { type: 'braintrust_attachment', filename: 'x.txt', content_type: 'text/plain' };
    const files = Array.from({ length: 60 }, () => ({ ...file, key: randomUUID() }));
    const row = { project_id: await there(), log_id: 'g', id: 'a', input: files };
    await destination.object('POST', '/logs3', { rows: [row], api_version: 2 });
    refuse('/attachment', 403);
    emulator.requests.clear();
    const { item } = await verify('--level', 'content');
    expect(item(LOGS)).toMatchObject({ symbol: '!', detail: expect.stringContaining('answered 403') });
    expect(item(LOGS)).not.toHaveProperty('unread_attachments');
    const refused = emulator.requests.matching('GET', '/attachment').filter(({ status }) => status === 403);
    // Eight at once, until twenty in a row got no answer.
    expect(refused).toHaveLength(24);
  });

  test('that the spec keeps where they are need not be in the destination', async () => {
    await destination.object('DELETE', `/v1/project/${await there()}`);
    await destination.object('POST', '/v1/project', { name: 'Support bot' });
    cli.remove();
    cli = cliFixture();
    await apply('streams: { attachments: keep }\n');
    const { code, item } = await verify();
    expect(code).toBe(0);
    expect(item(LOGS)).not.toHaveProperty('attachments');
  });
});

describe('a field that became an attachment, because the row is larger than the platform takes,', () => {
  const input = 'x'.repeat(19_000_000);
  beforeEach(async () => {
    await emulator.close();
    emulator = await startEmulator({ switches: { logs3PayloadMaxBytes: 64 * 1024 * 1024 } });
    [source, destination] = [clientOf(emulator), clientOf(emulator, emulator.orgs[1]?.name)];
    project = await source.object('POST', '/v1/project', { name: 'Support bot' });
  });
  const spilled = async (): Promise<{ key: string }> => {
    const query = `select: * | from: project_logs('${await there()}') spans | filter: id = 'large'`;
    const { data } = await destination.object('POST', '/btql', { query });
    return (data as [{ input: { key: string } }])[0].input;
  };

  test('is the same at every level', async () => {
    await log(project.id, { id: 'large', input, output: 'y' });
    await apply();
    expect(await spilled()).toMatchObject({ type: 'braintrust_attachment', filename: 'input.json' });
    for (const level of ['hash', 'content']) {
      const { code, item } = await verify('--level', level);
      expect([code, item(LOGS)]).toMatchObject([0, { symbol: '=', rows_compared: 1 }]);
    }
  });

  test.each([
    ['another content', JSON.stringify(`${input.slice(1)}y`)],
    ['no JSON', '"'],
  ])('differs where the attachment holds %s', async (_, content) => {
    await log(project.id, { id: 'large', input, output: 'y' });
    await apply();
    const key = randomUUID();
    const names = { filename: 'input.json', content_type: 'application/json' };
    const { signedUrl } = await destination.object('POST', '/attachment', { key, ...names });
    await fetch(String(signedUrl), { method: 'PUT', body: content });
    await destination.object('POST', '/attachment/status', { key, status: { upload_status: 'done' } });
    const reference = { type: 'braintrust_attachment', ...names, key };
    const row = { project_id: await there(), log_id: 'g', id: 'large', input: reference, output: 'y' };
    await destination.object('POST', '/logs3', { rows: [row], api_version: 2 });
    const { code, item } = await verify('--level', 'content');
    expect([code, item(LOGS)]).toMatchObject([
      9,
      { symbol: '*', first_difference: { row: 'large', path: 'input', what: 'changed' } },
    ]);
  });
});

describe('counting', () => {
  /** Requests for rows and counts that a run of verify sends, both sides. */
  async function requests(): Promise<number> {
    emulator.requests.clear();
    expect((await run('verify', '--level', 'count')).code).toBe(9);
    return emulator.requests.all().filter(({ path }) => path === '/btql').length;
  }

  test('finds the time of what is missing in many containers with as many requests as in one', async () => {
    for (let n = 0; n < 12; n += 1) {
      const { id } = await source.object('POST', '/v1/project', { name: `Bot ${n}` });
      for (const day of [12, 20]) await log(id, { id: `row-${day}`, created: `2026-01-${day}T00:00:00Z`, input: n });
    }
    await apply();
    const copies = (await destination.list('/v1/project')).filter(({ name }) => String(name).startsWith('Bot'));
    const loseRow = ({ id }: Shown): Promise<Shown> =>
      destination.object('POST', '/logs3', {
        rows: [{ project_id: id, log_id: 'g', id: 'row-20', _object_delete: true }],
        api_version: 2,
      });
    await loseRow(copies[0] as Shown);
    const one = await requests();
    for (const copy of copies.slice(1)) await loseRow(copy);
    expect(await requests()).toBe(one);
    const { item } = await verify('--level', 'count', '--combined', 'verified.txt');
    for (let n = 0; n < 12; n += 1) {
      const first = item(`logs."Bot ${n}"`)?.first_difference as { created_after: string; created_before: string };
      expect(Date.parse(first.created_after)).toBeLessThanOrEqual(Date.UTC(2026, 0, 20));
      expect(Date.parse(first.created_before)).toBeGreaterThan(Date.UTC(2026, 0, 20));
    }
  });
});
