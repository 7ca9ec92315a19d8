import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../emulator/start-emulator.ts';
import { fillWorld } from '../chaos/chaos-world.ts';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';
import { clientOf, type EmulatorClient, type Shown } from '../support/emulator-client.ts';
import { Chance } from '../support/random-org.ts';

const RUNS = 6;
/** Milliseconds, on a machine that does much else. */
const MOST_TIME = 240_000;
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
  readonly first_difference?: {
    readonly row?: string;
    readonly path?: string;
    readonly attachment?: string;
    readonly leads_to?: string;
  };
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
type Change = (chance: Chance) => Promise<Named | undefined>;

interface Named {
  readonly address: RegExp;
  readonly row?: string;
  readonly path?: string | RegExp;
  readonly leads_to?: string;
  readonly attachment?: true;
  readonly flags?: readonly string[];
}

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

/** Lets an experiment refer to another dataset of its organization. */
const moveReference =
  (side: () => EmulatorClient): Change =>
  async (chance) => {
    const datasets = await side().list('/v1/dataset');
    const experiment = chance.pick(await side().list('/v1/experiment'));
    const other = chance.pick(datasets.filter(({ id }) => id !== experiment?.dataset_id));
    if (experiment === undefined || other === undefined) return undefined;
    await side().object('PATCH', `/v1/experiment/${experiment.id}`, { dataset_id: other.id });
    return { address: /^experiment\./, path: 'dataset_id' };
  };

/** Lets a prompt of the destination use a prompt of the source as a tool, or one that nobody has. */
const breakReference =
  (leads_to: 'source' | 'nothing'): Change =>
  async (chance) => {
    const prompt = chance.pick(await destination.list('/v1/prompt'));
    const foreign = leads_to === 'source' ? chance.pick(await source.list('/v1/prompt'))?.id : randomUUID();
    if (prompt === undefined || foreign === undefined) return undefined;
    const prompt_data = { ...(prompt.prompt_data as object), tool_functions: [{ type: 'function', id: foreign }] };
    await destination.object('PATCH', `/v1/prompt/${prompt.id}`, { prompt_data });
    return { address: /^(prompt|function)\./, path: /^prompt_data\.tool_functions/, leads_to };
  };

/** Gives a row another origin: a project of its own organization. */
const moveOrigin =
  (side: () => EmulatorClient): Change =>
  async (chance) => {
    const found = await anyRow(side(), chance);
    const other = chance.pick(await side().list('/v1/project'));
    if (found === undefined || other === undefined) return undefined;
    const id = String(found.row.id);
    const origin = { object_type: 'project_logs', object_id: other.id, id: 'another row' };
    const rows = [{ ...found.keys, id, _is_merge: true, origin }];
    await side().object('POST', '/logs3', { rows, api_version: 2 });
    return { address: new RegExp(`^${found.kind}\\.`), row: id, path: /^origin/ };
  };

/** Lets the row with an attachment refer to one that nobody has. */
const moveAttachment =
  (side: () => EmulatorClient): Change =>
  async () => {
    const [project] = (await side().list('/v1/project')).filter(({ name }) => name === PROJECT);
    const file = {
      type: 'braintrust_attachment',
      key: randomUUID(),
      filename: 'other.txt',
      content_type: 'text/plain',
    };
    const keys = { project_id: project?.id, log_id: 'g', id: 'with-attachment' };
    const rows = [{ ...keys, _is_merge: true, _merge_paths: [['input']], input: { file } }];
    await side().object('POST', '/logs3', { rows, api_version: 2 });
    return { address: /^logs\.Attachments$/, row: 'with-attachment', path: /^input\.file/ };
  };

interface Held {
  readonly key: string;
  readonly base64: string;
}

/** Changes what is stored of the attachment; the source's was uploaded before the destination's. */
const spoilAttachment =
  (side: 'source' | 'destination', how: (blob: Held) => readonly Held[]): Change =>
  async () => {
    const dump = structuredClone(emulator.dump()) as { blobs: Held[] };
    const files = dump.blobs.filter(({ base64 }) => Buffer.from(base64, 'base64').toString() === 'a ticket');
    if (files.length !== 2) throw new Error(`${files.length} attachments instead of one a side`);
    const chosen = side === 'source' ? files[0] : files[1];
    const blobs = dump.blobs.flatMap((blob) => (blob === chosen ? how(blob) : [blob]));
    emulator.load({ ...dump, blobs } as unknown as Parameters<Emulator['load']>[0]);
    // Nothing shows from outside that bytes are gone: the source's are looked at when both sides are read.
    const flags = side === 'source' ? ['--level', 'content'] : [];
    return { address: /^logs\.Attachments$/, attachment: true, flags };
  };
const lost = (): readonly Held[] => [];
const shorter = (blob: Held): readonly Held[] => [{ ...blob, base64: Buffer.from('a tick').toString('base64') }];

const KINDS_OF_CHANGE: readonly (readonly [string, Change])[] = [
  ['a row edited in the destination', editRow(() => destination)],
  ['a row edited in the source', editRow(() => source)],
  ['a row deleted in the destination', deleteRow(() => destination)],
  ['a row deleted in the source', deleteRow(() => source)],
  ['an object edited in the destination', editObject(() => destination)],
  ['an object edited in the source', editObject(() => source)],
  ['a reference moved in the destination', moveReference(() => destination)],
  ['a reference moved in the source', moveReference(() => source)],
  ['a reference to the source', breakReference('source')],
  ['a reference to nothing', breakReference('nothing')],
  ['an origin moved in the destination', moveOrigin(() => destination)],
  ['an origin moved in the source', moveOrigin(() => source)],
  ['another attachment in the destination', moveAttachment(() => destination)],
  ['another attachment in the source', moveAttachment(() => source)],
  ['an attachment lost in the destination', spoilAttachment('destination', lost)],
  ['an attachment cut short in the destination', spoilAttachment('destination', shorter)],
  ['an attachment lost in the source', spoilAttachment('source', lost)],
  ['an attachment cut short in the source', spoilAttachment('source', shorter)],
];

/** The seed is in the name of the test: run it alone with -t. */
describe.each(Array.from({ length: RUNS }, (_, seed) => seed + 1))('a random org with rows (seed %d)', (seed) => {
  test(
    'is verified after apply, and no single change of it goes unnoticed',
    async () => {
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
        // Every kind of change is made in one of the runs.
        for (const [name, change] of KINDS_OF_CHANGE.filter((_, n) => n % RUNS === seed % RUNS)) {
          const made = await change(chance);
          if (made === undefined) continue;
          const verified = await runIn(cli, 'verify', '--json', ...(made.flags ?? []));
          const items = (JSON.parse(verified.stdout).items as Item[]).filter(({ symbol }) => symbol !== '=');
          expect(`${name}: ${verified.code}`).toBe(`${name}: 9`);
          const named = items.find(({ address }) => made.address.test(address));
          expect(`${name}: ${JSON.stringify(items)}`).toMatch(named === undefined ? /nobody named it/ : /./);
          if (made.row !== undefined) expect(named?.first_difference?.row).toBe(made.row);
          if (made.path !== undefined) {
            expect(named?.first_difference?.path).toMatch(
              typeof made.path === 'string' ? new RegExp(`^${made.path}$`) : made.path,
            );
          }
          if (made.leads_to !== undefined) expect(named?.first_difference?.leads_to).toBe(made.leads_to);
          if (made.attachment) expect(named?.first_difference?.attachment).toBeDefined();
          emulator.load(structuredClone(before));
        }
      } finally {
        cli.remove();
      }
    },
    MOST_TIME,
  );
});
