import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../emulator/start-emulator.ts';
import { openSqliteState } from '../../src/state/open-sqlite-state.ts';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';
import { clientOf, type EmulatorClient, type Shown } from '../support/emulator-client.ts';
import { testEnvironment } from '../support/state-environment.ts';
import { BUILD_7 } from '../support/state-fixture.ts';

const PROMPT = 'prompt."Support bot".triage';
const NOON = Date.UTC(2026, 10, 30, 12);

let emulator: Emulator;
let cli: CliFixture;
let source: EmulatorClient;
let destination: EmulatorClient;

beforeEach(async () => {
  emulator = await startEmulator();
  cli = cliFixture();
  [source, destination] = [clientOf(emulator), clientOf(emulator, emulator.orgs[1]?.name)];
  const { id: project_id } = await source.object('POST', '/v1/project', { name: 'Support bot' });
  const prompt_data = { prompt: { type: 'completion', content: 'Sort this ticket.' } };
  await source.object('POST', '/v1/prompt', { project_id, name: 'Triage', slug: 'triage', prompt_data });
  cli.write('migration.yaml', 'version: 1\n');
  expect((await run('apply', '--auto-approve')).code).toBe(0);
});
afterEach(async () => {
  cli.remove();
  await emulator.close();
});

function run(...argv: string[]) {
  const [from, into] = emulator.orgs;
  const env = {
    BT_SOURCE_URL: emulator.url,
    BT_DEST_URL: emulator.url,
    BT_SOURCE_API_KEY: from?.key,
    BT_DEST_API_KEY: into?.key,
  };
  return cli.run(argv, { env, now: () => NOON });
}

interface Item {
  readonly address: string;
  readonly status: string;
  readonly changes: readonly { readonly path: string; readonly moved?: string }[];
}

async function drift(): Promise<{ readonly code: number; readonly moved: Item[] }> {
  const { code, stdout } = await run('drift', '--json');
  const { items } = JSON.parse(stdout) as { items: Item[] };
  return { code, moved: items.filter(({ status }) => status !== 'in_sync') };
}

async function edit(client: EmulatorClient, description: string): Promise<void> {
  const [prompt] = await client.list('/v1/prompt');
  await client.object('PATCH', `/v1/prompt/${prompt?.id}`, { description });
}

describe('an object', () => {
  test.each([
    ['source_moved', ['source'], { path: 'description', after: 'From source' }],
    ['destination_moved', ['destination'], { path: 'description', before: 'From destination' }],
    [
      'both_moved',
      ['source', 'destination'],
      { path: 'description', before: 'From destination', after: 'From source' },
    ],
  ])('is %s when somebody edits it in the %j, with what each side has', async (status, sides, change) => {
    expect(await drift()).toEqual({ code: 0, moved: [] });
    if (sides.includes('source')) await edit(source, 'From source');
    if (sides.includes('destination')) await edit(destination, 'From destination');
    expect(await drift()).toMatchObject({ code: 2, moved: [{ address: PROMPT, status, changes: [change] }] });
  });

  test('that both sides edited says of every field whose doing it is', async () => {
    const [there] = await source.list('/v1/prompt');
    const [here] = await destination.list('/v1/prompt');
    const completion = (content: string) => ({ prompt: { type: 'completion', content } });
    await source.object('PATCH', `/v1/prompt/${there?.id}`, {
      description: 'From source',
      tags: ['new'],
      prompt_data: { ...completion('Sort this ticket.'), options: { model: 'gpt-5' } },
    });
    await destination.object('PATCH', `/v1/prompt/${here?.id}`, {
      description: 'From destination',
      name: 'Triage by hand',
      prompt_data: completion('Sort that ticket.'),
    });
    const { moved } = await drift();
    expect(moved).toMatchObject([{ address: PROMPT, status: 'both_moved' }]);
    expect(Object.fromEntries(moved[0]?.changes.map(({ path, moved: by }) => [path, by]) ?? [])).toEqual({
      description: 'both',
      name: 'destination',
      'prompt_data.options': 'source',
      'prompt_data.prompt.content': 'destination',
      tags: 'source',
    });
    const { stdout } = await run('drift');
    expect(stdout).toContain('description: "From destination" -> "From source" (both changed it)');
    expect(stdout).toContain('name: "Triage by hand" -> "Triage" (the destination changed it)');
  });

  test('is missing when the destination has deleted it, and unmanaged, which is no drift, when only that has it', async () => {
    const [copied] = await destination.list('/v1/project');
    const about = { project_id: copied?.id, name: 'Theirs' };
    await destination.object('POST', '/v1/dataset', about);
    expect(await drift()).toMatchObject({
      code: 0,
      moved: [{ address: 'dataset."Support bot".Theirs', status: 'unmanaged' }],
    });
    const [prompt] = (await destination.list('/v1/prompt')) as [Shown];
    await destination.object('DELETE', `/v1/prompt/${prompt.id}`);
    const { code, moved } = await drift();
    expect(code).toBe(2);
    expect(moved.find(({ address }) => address === PROMPT)?.status).toBe('missing');
  });
});

test('a difference that the spec ignores is none until the day after the entry ends', async () => {
  await edit(destination, 'By hand');
  const ignoring = (expires: string): string =>
    cli.write(
      'migration.yaml',
      `version: 1\nignore: [{ at: 'prompt.*.*', path: description, reason: theirs, expires: ${expires} }]\n`,
    );
  ignoring('2026-11-30');
  expect((await drift()).code).toBe(0);
  ignoring('2026-11-29');
  expect(await drift()).toMatchObject({ code: 2, moved: [{ address: PROMPT, status: 'destination_moved' }] });
});

test('while an apply holds the lock drift looks all the same, and leaves organizations and folder as they are', async () => {
  const path = join(cli.folder, 'bt-migrate.state.db');
  const other = await openSqliteState({ ...testEnvironment(), path, mode: 'write', mustExist: true });
  try {
    await other.acquireLease(BUILD_7, 0);
    const before = [readdirSync(cli.folder).sort(), readFileSync(path)];
    emulator.requests.clear();
    expect((await drift()).code).toBe(0);
    expect([readdirSync(cli.folder).sort(), readFileSync(path)]).toEqual(before);
    const sent = emulator.requests.all().filter(({ method, path: to }) => method !== 'GET' && !/login|btql/.test(to));
    expect(sent).toEqual([]);
  } finally {
    await other.close();
  }
});
