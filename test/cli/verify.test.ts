import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../emulator/start-emulator.ts';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';
import { clientOf, type EmulatorClient, type Shown } from '../support/emulator-client.ts';

const LOGS = 'logs."Support bot"';
const TICKETS = 'dataset_rows."Support bot".Tickets';

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
  await source.object('POST', '/v1/prompt', {
    project_id: project.id,
    name: 'Triage',
    slug: 'triage',
    prompt_data: { prompt: { type: 'completion', content: 'Sort this ticket.' } },
  });
  const dataset = await source.object('POST', '/v1/dataset', { project_id: project.id, name: 'Tickets' });
  await insert(source, { project_id: project.id, log_id: 'g' }, 40);
  await insert(source, { dataset_id: dataset.id }, 15);
  cli.write('migration.yaml', 'version: 1\n');
  expect((await run('apply', '--auto-approve')).code).toBe(0);
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

interface Item {
  readonly address: string;
  readonly symbol: string;
  readonly level: string;
  readonly first_difference?: Record<string, unknown>;
  readonly source_rows: number | null;
  readonly destination_rows: number | null;
  readonly rows_compared?: number;
}

async function verify(...argv: string[]): Promise<{ code: number; items: Item[]; item(address: string): Item }> {
  const { code, stdout } = await run('verify', '--json', ...argv);
  const { items, exit_code } = JSON.parse(stdout) as { items: Item[]; exit_code: number };
  expect(exit_code).toBe(code);
  const item = (address: string): Item => items.find((one) => one.address === address) as Item;
  return { code, items, item };
}

/** The lines of the file that --combined wrote. */
function combined(): string[] {
  return readFileSync(join(cli.folder, 'verified.txt'), 'utf8').split('\n');
}

async function insert(client: EmulatorClient, container: object, count: number, from = 0): Promise<void> {
  const rows = Array.from({ length: count }, (_, n) => ({
    ...container,
    id: `row-${from + n}`,
    created: new Date(Date.UTC(2026, 0, 1 + from + n)).toISOString(),
    input: { question: `Where is order ${from + n}?`, total: 12.5 },
    metadata: { model: 'gpt-5', tags: ['a', 'b'] },
  }));
  await client.object('POST', '/logs3', { rows, api_version: 2 });
}

async function logsOfDestination(): Promise<Record<string, string>> {
  const [copied] = await destination.list('/v1/project');
  return { project_id: String(copied?.id), log_id: 'g' };
}

describe.each(['count', 'hash', 'content'])('verify --level %s', (level) => {
  test('after an apply finds everything equal, with the figures, and writes nothing', async () => {
    emulator.requests.clear();
    const { code, items, item } = await verify('--level', level);
    expect(code).toBe(0);
    expect(items.every(({ symbol }) => symbol === '=')).toBe(true);
    expect(item(LOGS)).toMatchObject({ level, source_rows: 40, destination_rows: 40 });
    expect(item(TICKETS)).toMatchObject({ source_rows: 15, destination_rows: 15 });
    if (level !== 'count') expect(item(LOGS).rows_compared).toBe(40);
    const others = emulator.requests.all().filter(({ method, path }) => method !== 'GET' && !/btql|login/.test(path));
    expect(others).toEqual([]);
    const reads = emulator.requests.all().filter(({ path, org }) => path === '/btql' && org === 'Acme Dev');
    // Counting, all containers of a kind by one query, and that nothing came since; rows of the source only for content.
    if (level === 'count') expect(reads.length).toBeLessThanOrEqual(3);
  });

  test('names the container of a row that is missing, and when it was created', async () => {
    await destination.object('POST', '/logs3', {
      rows: [{ ...(await logsOfDestination()), id: 'row-7', _object_delete: true }],
      api_version: 2,
    });
    const { code, item } = await verify('--level', level);
    expect(code).toBe(9);
    expect(item(LOGS)).toMatchObject({ source_rows: 40, destination_rows: 39 });
    expect(item(TICKETS).symbol).toBe('=');
    if (level !== 'count') {
      expect(item(LOGS)).toMatchObject({ symbol: '+', first_difference: { row: 'row-7', what: 'missing' } });
      return;
    }
    const { created_after, created_before, source_rows, destination_rows } = item(LOGS).first_difference ?? {};
    const created = Date.UTC(2026, 0, 8);
    expect(Date.parse(String(created_after))).toBeLessThanOrEqual(created);
    expect(Date.parse(String(created_before))).toBeGreaterThan(created);
    expect(Date.parse(String(created_before)) - Date.parse(String(created_after))).toBeLessThan(3 * 86_400_000);
    expect(Number(source_rows) - Number(destination_rows)).toBe(1);
  });
});

describe('verify', () => {
  test.each([
    ['destination', 'input', { input: { question: 'Changed by hand' } }, 'input.question'],
    ['destination', 'a number', { input: { question: 'Where is order 3?', total: 12.6 } }, 'input.total'],
    ['source', 'metadata', { metadata: { model: 'gpt-5', tags: ['a', 'c'] } }, 'metadata.tags.1'],
  ] as const)('finds one edited row in the %s (%s) and names the field', async (side, _what, change, path) => {
    const container = side === 'source' ? { project_id: project.id, log_id: 'g' } : await logsOfDestination();
    const row = { ...container, id: 'row-3', ...change, _is_merge: true, _merge_paths: [['input'], ['metadata']] };
    await (side === 'source' ? source : destination).object('POST', '/logs3', { rows: [row], api_version: 2 });
    const { code, item } = await verify('--combined', 'verified.txt');
    expect(code).toBe(9);
    expect(item(LOGS)).toMatchObject({ symbol: '*', first_difference: { row: 'row-3', path, what: 'changed' } });
    expect(combined()).toContain(`* ${LOGS}`);
  });

  test('finds a row that only the destination has, a deleted prompt and an edited one', async () => {
    await insert(destination, await logsOfDestination(), 1, 1000);
    const surplus = await verify();
    expect(surplus.code).toBe(9);
    expect(surplus.item(LOGS)).toMatchObject({ symbol: '-', first_difference: { row: 'row-1000', what: 'surplus' } });

    const [prompt] = await destination.list('/v1/prompt');
    await destination.object('PATCH', `/v1/prompt/${prompt?.id}`, { description: 'By hand' });
    expect((await verify()).item('prompt."Support bot".triage')).toMatchObject({
      symbol: '*',
      first_difference: { path: 'description' },
    });
    await destination.object('DELETE', `/v1/prompt/${prompt?.id}`);
    const gone = await verify('--combined', 'verified.txt');
    expect(gone.item('prompt."Support bot".triage').symbol).toBe('+');
    expect(combined()).toEqual(expect.arrayContaining([`- ${LOGS}`, `= ${TICKETS}`, '+ prompt."Support bot".triage']));
  });

  test('after a second pass over edited rows is clean again', async () => {
    const row = { project_id: project.id, log_id: 'g', id: 'row-3', output: 'Tomorrow.', _is_merge: true };
    await source.object('POST', '/logs3', { rows: [row], api_version: 2 });
    expect((await verify()).code).toBe(9);
    expect((await run('apply', '--auto-approve')).code).toBe(0);
    expect((await verify()).code).toBe(0);
    expect((await verify('--sample', '2')).code).toBe(0);
  });

  test('reads a part with --sample, both sides with --both-sides, and writes signs and addresses to a file', async () => {
    const sample = await verify('--sample', '1', '--combined', 'verified.txt');
    expect(sample.code).toBe(0);
    expect(combined()).toEqual(expect.arrayContaining([`= ${LOGS}`, `= ${TICKETS}`, '= prompt."Support bot".triage']));
    const both = await verify('--both-sides');
    expect(both.code).toBe(0);
    expect(both.item(LOGS).level).toBe('content');
  });

  test('calls rows equal that differ in spelling only, and counts them', async () => {
    const row = {
      ...(await logsOfDestination()),
      id: 'row-3',
      created: '2026-01-04T01:00:00+01:00',
      input: { total: 12.5, question: 'Where is order 3?' },
      metadata: { tags: ['a', 'b'], model: 'gpt-5' },
    };
    const body = JSON.stringify({ rows: [row], api_version: 2 }).replace('12.5', '1.250e1');
    const headers = { authorization: `Bearer ${emulator.orgs[1]?.key}`, 'content-type': 'application/json' };
    expect((await fetch(`${emulator.url}/logs3`, { method: 'POST', headers, body })).status).toBe(200);
    const { code, stdout } = await run('verify');
    expect(code).toBe(0);
    expect(stdout).toMatch(/1 row equal but for the spelling/);
  });

  test('shows the estimate before it reads rows, and both sides of it with --both-sides', async () => {
    const [one, both, count] = [
      await run('verify'),
      await run('verify', '--both-sides'),
      await run('verify', '--level', 'count'),
    ];
    expect(one.stderr).toContain('Reading rows: about 0 requests to the source and 2 to the destination.');
    expect(both.stderr).toContain('Reading rows: about 2 requests to the source and 2 to the destination.');
    expect(one.stdout).toContain('held against the digests');
    expect(both.stdout).toContain('The rows of both sides were read and compared one by one.');
    expect(count.stderr).not.toContain('Reading rows');
  });

  test('with a container that cannot be read says so and ends with 8, not with a difference', async () => {
    emulator.faults.add({ match: { path: '/btql', org: 'Acme Prod' }, action: { type: 'status', status: 400 } });
    const { code, item } = await verify('--combined', 'verified.txt');
    expect(code).toBe(8);
    expect(item(LOGS).symbol).toBe('!');
    expect(combined()).toContain(`! ${LOGS}`);
  });
});

describe('what objects of the destination refer to', () => {
  const tool = { function_type: 'tool', function_data: { type: 'code', data: { type: 'inline', code: '1' } } };
  const usingTool = (id: string) => ({
    prompt: { type: 'completion', content: 'Sort this ticket.' },
    tool_functions: [{ type: 'function', id }],
  });
  let made: Shown;

  beforeEach(async () => {
    const code = { runtime_context: { runtime: 'node', version: '20' }, ...tool.function_data.data };
    const function_data = { type: 'code', data: code };
    const about = { project_id: project.id, name: 'Look up', slug: 'look-up', ...tool, function_data };
    made = await source.object('POST', '/v1/function', about);
    await source.object('POST', '/v1/prompt', {
      project_id: project.id,
      name: 'Answer',
      slug: 'answer',
      description: `See project ${project.id}.`,
      prompt_data: usingTool(made.id),
    });
    expect((await run('apply', '--auto-approve')).code).toBe(0);
  });

  const copied = async (path: string, slug: string): Promise<Shown> =>
    (await destination.list(path)).find((one) => one.slug === slug) as Shown;

  test('is followed and counted; ids in texts are counted beside it and are no difference', async () => {
    const { code, stdout } = await run('verify');
    expect(code).toBe(0);
    expect(stdout).toMatch(/\d+ references followed in the destination: 0 lead nowhere or to the source\./);
    expect(stdout).toContain('1 id of the source in texts of objects: not counted as a difference.');
    const { item } = await verify();
    expect(item('prompt."Support bot".answer')).toMatchObject({
      symbol: '=',
      references: { followed: 2, broken: 0 },
      ids_in_text: 1,
    });
  });

  test('differs where it is still an object of the source', async () => {
    const prompt = await copied('/v1/prompt', 'answer');
    await destination.object('PATCH', `/v1/prompt/${prompt.id}`, { prompt_data: usingTool(made.id) });
    const { code, item } = await verify();
    expect(code).toBe(9);
    expect(item('prompt."Support bot".answer')).toMatchObject({
      symbol: '*',
      first_difference: {
        path: 'prompt_data.tool_functions[0].id',
        reference: `function:${made.id}`,
        leads_to: 'source',
      },
    });
    expect((await run('verify')).stdout).toContain(
      `prompt_data.tool_functions[0].id refers to function:${made.id}, which is an object of the source`,
    );
  });

  test('differs where it leads nowhere, although the source has deleted the object that refers', async () => {
    const [answer] = (await source.list('/v1/prompt')).filter(({ slug }) => slug === 'answer');
    await source.object('DELETE', `/v1/prompt/${answer?.id}`);
    expect((await verify()).code).toBe(0);
    const there = await copied('/v1/function', 'look-up');
    await destination.object('DELETE', `/v1/function/${there.id}`);
    await source.object('DELETE', `/v1/function/${made.id}`);
    const { code, item } = await verify();
    expect(code).toBe(9);
    expect(item('prompt."Support bot".answer')).toMatchObject({
      symbol: '*',
      references: { followed: 2, broken: 1 },
      first_difference: { path: 'prompt_data.tool_functions[0].id', leads_to: 'nothing' },
    });
  });

  test('is not judged where the list that may hold it cannot be read', async () => {
    const path = '/v1/function';
    emulator.faults.add({ match: { path, org: 'Acme Prod' }, action: { type: 'status', status: 400 } });
    const { item } = await verify();
    expect(item('prompt."Support bot".answer')?.first_difference).toBeUndefined();
  });

  test('is not judged in a field that the spec ignores', async () => {
    cli.write(
      'migration.yaml',
      "version: 1\nignore: [{ at: 'prompt.*.answer', path: prompt_data.tool_functions, reason: theirs }]\n",
    );
    const prompt = await copied('/v1/prompt', 'answer');
    await destination.object('PATCH', `/v1/prompt/${prompt.id}`, { prompt_data: usingTool(made.id) });
    expect((await verify()).code).toBe(0);
  });
});
