import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../emulator/start-emulator.ts';
import { fillWorld } from '../chaos/chaos-world.ts';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';
import { clientOf, type EmulatorClient, type Shown } from '../support/emulator-client.ts';
import { Chance } from '../support/random-org.ts';

const RUNS = 3;
const CHANGES = 7;
const PROJECT = 'Attachments';

let emulator: Emulator;
let source: EmulatorClient;
let destination: EmulatorClient;
let empty: ReturnType<Emulator['dump']>;

beforeAll(async () => {
  emulator = await startEmulator();
  empty = structuredClone(emulator.dump());
  [source, destination] = [clientOf(emulator), clientOf(emulator, emulator.orgs[1]?.name)];
});
afterAll(() => emulator.close());

async function runIn(cli: CliFixture, ...argv: string[]) {
  const [from, into] = emulator.orgs;
  const env = {
    BT_SOURCE_URL: emulator.url,
    BT_DEST_URL: emulator.url,
    BT_SOURCE_API_KEY: from?.key,
    BT_DEST_API_KEY: into?.key,
  };
  return cli.run(argv, { env });
}

interface Item {
  readonly address: string;
  readonly symbol: string;
  readonly first_difference?: { readonly row?: string; readonly path?: string; readonly attachment?: string };
}

/** An attachment in the source and a row of logs that refers to it. */
async function addAttachment(): Promise<void> {
  const project = await source.object('POST', '/v1/project', { name: PROJECT });
  const [org] = await source.list('/v1/organization');
  const about = { key: randomUUID(), filename: 'ticket.txt', content_type: 'text/plain' };
  const { signedUrl, headers } = await source.object('POST', '/attachment', { ...about, org_id: org?.id });
  await fetch(String(signedUrl), { method: 'PUT', headers: headers as Record<string, string>, body: 'a ticket' });
  await source.object('POST', '/attachment/status', {
    key: about.key,
    org_id: org?.id,
    status: { upload_status: 'done' },
  });
  const input = { file: { type: 'braintrust_attachment', ...about } };
  const rows = [{ id: 'with-attachment', project_id: project.id, log_id: 'g', input }];
  await source.object('POST', '/logs3', { rows, api_version: 2 });
}

/** A change somebody might make, and the address that must be named for it; undefined when this org has nothing for it. */
type Change = (chance: Chance) => Promise<{ address: RegExp; row?: string; path?: string } | undefined>;

async function anyRow(client: EmulatorClient, chance: Chance) {
  const found: { keys: Record<string, string>; row: Record<string, unknown>; kind: string }[] = [];
  for (const [list, from, kind] of [
    ['/v1/project', 'project_logs', 'logs'],
    ['/v1/dataset', 'dataset', 'dataset_rows'],
    ['/v1/experiment', 'experiment', 'experiment_rows'],
  ] as const) {
    for (const { id, name } of await client.list(list)) {
      if (name === PROJECT) continue;
      const query = `select: *\nfrom: ${from}('${id}') spans\nlimit: 20`;
      const { data } = (await client.object('POST', '/btql', { query, fmt: 'json' })) as unknown as {
        data: Record<string, unknown>[];
      };
      const keys: Record<string, string> =
        from === 'project_logs' ? { project_id: id, log_id: 'g' } : { [`${from}_id`]: id };
      for (const row of data) if (row.input !== undefined) found.push({ keys, row, kind });
    }
  }
  return chance.pick(found);
}

const editRow =
  (side: () => EmulatorClient): Change =>
  async (chance) => {
    const found = await anyRow(side(), chance);
    if (found === undefined) return undefined;
    const id = String(found.row.id);
    const row = {
      ...found.keys,
      id,
      _is_merge: true,
      _merge_paths: [['metadata']],
      metadata: { edited: chance.below(1e9) },
    };
    await side().object('POST', '/logs3', { rows: [row], api_version: 2 });
    return { address: new RegExp(`^${found.kind}\\.`), row: id };
  };

const deleteRow =
  (side: () => EmulatorClient): Change =>
  async (chance) => {
    const found = await anyRow(side(), chance);
    if (found === undefined) return undefined;
    const id = String(found.row.id);
    await side().object('POST', '/logs3', { rows: [{ ...found.keys, id, _object_delete: true }], api_version: 2 });
    return { address: new RegExp(`^${found.kind}\\.`), row: id };
  };

const editObject =
  (side: () => EmulatorClient): Change =>
  async (chance) => {
    const kind = chance.pick(['prompt', 'function', 'dataset', 'experiment', 'project']) ?? 'project';
    const object = chance.pick(await side().list(`/v1/${kind}`)) as Shown | undefined;
    if (object === undefined) return undefined;
    await side().object('PATCH', `/v1/${kind}/${object.id}`, { description: `Changed ${chance.below(1e9)}` });
    // Prompts and functions are one table, and either list may show both.
    const kinds = kind === 'prompt' || kind === 'function' ? '(prompt|function)' : kind;
    return { address: new RegExp(`^${kinds}\\.`), path: 'description' };
  };

/** Lets an experiment of the destination refer to another dataset. */
const moveReference: Change = async (chance) => {
  const datasets = await destination.list('/v1/dataset');
  const experiment = chance.pick(await destination.list('/v1/experiment'));
  const other = chance.pick(datasets.filter(({ id }) => id !== experiment?.dataset_id));
  if (experiment === undefined || other === undefined) return undefined;
  await destination.object('PATCH', `/v1/experiment/${experiment.id}`, { dataset_id: other.id });
  return { address: /^experiment\./, path: 'dataset_id' };
};

const loseAttachment: Change = async () => {
  const dump = structuredClone(emulator.dump()) as { rows: { rows: unknown[] }[]; blobs: { key: string }[] };
  const [project] = (await destination.list('/v1/project')).filter(({ name }) => name === PROJECT);
  const own = JSON.stringify(dump.rows.filter((one) => JSON.stringify(one).includes(String(project?.id))));
  const blobs = dump.blobs.filter(({ key }) => !own.includes(key.split('/').at(-1) ?? key));
  if (blobs.length === dump.blobs.length) throw new Error('the destination has no attachment to lose');
  emulator.load({ ...dump, blobs } as unknown as Parameters<Emulator['load']>[0]);
  return { address: /^logs\.Attachments$/ };
};

const KINDS_OF_CHANGE: readonly (readonly [string, Change])[] = [
  ['a row edited in the destination', editRow(() => destination)],
  ['a row edited in the source', editRow(() => source)],
  ['a row deleted in the destination', deleteRow(() => destination)],
  ['a row deleted in the source', deleteRow(() => source)],
  ['an object edited in the destination', editObject(() => destination)],
  ['an object edited in the source', editObject(() => source)],
  ['a reference moved', moveReference],
  ['an attachment lost', loseAttachment],
];

/** The seed is in the name of the test: run it alone with -t. */
describe.each(Array.from({ length: RUNS }, (_, seed) => seed + 1))('a random org with rows (seed %d)', (seed) => {
  test('is verified after apply, and no single change of it goes unnoticed', async () => {
    emulator.load(structuredClone(empty));
    const chance = new Chance(seed);
    await fillWorld(source, chance);
    await addAttachment();
    const cli = cliFixture();
    try {
      cli.write('migration.yaml', 'version: 1\n');
      const applied = await runIn(cli, 'apply', '--auto-approve');
      expect(`${applied.code} ${applied.stderr.includes('Error:')}`).toBe('0 false');
      const clean = await runIn(cli, 'verify', '--json');
      expect(JSON.parse(clean.stdout).items.filter(({ symbol }: Item) => symbol !== '=')).toEqual([]);
      expect(clean.code).toBe(0);
      const before = structuredClone(emulator.dump());
      for (const [name, change] of chance.shuffle(KINDS_OF_CHANGE).slice(0, CHANGES)) {
        const made = await change(chance);
        if (made === undefined) continue;
        const verified = await runIn(cli, 'verify', '--json');
        const items = (JSON.parse(verified.stdout).items as Item[]).filter(({ symbol }) => symbol !== '=');
        expect(`${name}: ${verified.code}`).toBe(`${name}: 9`);
        const named = items.find(({ address }) => made.address.test(address));
        expect(`${name}: ${JSON.stringify(items)}`).toMatch(named === undefined ? /nobody named it/ : /./);
        if (made.row !== undefined) expect(named?.first_difference?.row).toBe(made.row);
        if (made.path !== undefined) expect(named?.first_difference?.path).toBe(made.path);
        emulator.load(structuredClone(before));
      }
    } finally {
      cli.remove();
    }
  });
});
