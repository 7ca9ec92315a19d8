import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../emulator/start-emulator.ts';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';
import { clientOf, type EmulatorClient } from '../support/emulator-client.ts';

const LOGS = 'logs."Support bot"';

let emulator: Emulator;
let cli: CliFixture;
let source: EmulatorClient;
let destination: EmulatorClient;
let logs: { source: object; destination: object };

beforeEach(async () => {
  emulator = await startEmulator();
  cli = cliFixture();
  [source, destination] = [clientOf(emulator), clientOf(emulator, emulator.orgs[1]?.name)];
  const project = await source.object('POST', '/v1/project', { name: 'Support bot' });
  logs = { source: { project_id: project.id, log_id: 'g' }, destination: {} };
  await write(
    'source',
    Array.from({ length: 30 }, (_, n) => ({ id: `row-${n}`, input: n })),
  );
  cli.write('migration.yaml', 'version: 1\n');
  expect((await run('apply', '--auto-approve')).code).toBe(0);
  const [copied] = await destination.list('/v1/project');
  logs.destination = { project_id: copied?.id, log_id: 'g' };
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

async function write(side: 'source' | 'destination', rows: readonly object[]): Promise<void> {
  const client = side === 'source' ? source : destination;
  await client.object('POST', '/logs3', { rows: rows.map((row) => ({ ...logs[side], ...row })), api_version: 2 });
}

async function drift(): Promise<{ code: number; item: Record<string, unknown> | undefined; changes: unknown }> {
  const { code, stdout } = await run('drift', '--rows', '--json');
  const { items } = JSON.parse(stdout) as { items: Record<string, unknown>[] };
  const item = items.find(({ address }) => address === LOGS);
  const changes = Object.fromEntries(
    ((item?.changes ?? []) as { path: string; after: number }[]).map(({ path, after }) => [path, after]),
  );
  return { code, item, changes };
}

describe('drift --rows', () => {
  test('is quiet after an apply, and says nothing of rows without the flag', async () => {
    expect(await drift()).toMatchObject({ code: 0, item: { status: 'in_sync' }, changes: {} });
    const { stdout } = await run('drift', '--json');
    expect(JSON.parse(stdout).items.map(({ address }: { address: string }) => address)).not.toContain(LOGS);
  });

  test('tells rows that were added in the source from rows that were edited', async () => {
    await write('source', [
      { id: 'new-1', input: 1 },
      { id: 'new-2', input: 2 },
    ]);
    await write('source', [{ id: 'row-3', output: 'Edited', _is_merge: true }]);
    expect(await drift()).toMatchObject({
      code: 2,
      item: { status: 'source_moved' },
      changes: { 'rows.added': 2, 'rows.edited': 1 },
    });
    expect((await run('apply', '--auto-approve')).code).toBe(0);
    expect(await drift()).toMatchObject({ code: 0, item: { status: 'in_sync' } });
  });

  test('finds rows that are missing in the destination, and both at once', async () => {
    await write('destination', [{ id: 'row-7', _object_delete: true }]);
    expect(await drift()).toMatchObject({
      code: 2,
      item: { status: 'destination_moved' },
      changes: { 'rows.missing': 1 },
    });
    await write('source', [{ id: 'new-1', input: 1 }]);
    expect(await drift()).toMatchObject({
      code: 2,
      item: { status: 'both_moved' },
      changes: { 'rows.missing': 1, 'rows.added': 1 },
    });
  });

  test('finds rows that were deleted in the source', async () => {
    await write('source', [{ id: 'row-7', _object_delete: true }]);
    expect(await drift()).toMatchObject({ code: 2, item: { status: 'source_moved' }, changes: { 'rows.surplus': 1 } });
    const { stdout } = await run('drift', '--rows');
    expect(stdout).toContain('1 row only in the destination: deleted in the source, or not ours.');
    expect(stdout).not.toContain('only in the source');
  });

  test('calls rows that cannot be counted unknown and ends with 8', async () => {
    emulator.faults.add({ match: { path: '/btql', org: 'Acme Prod' }, action: { type: 'status', status: 400 } });
    expect(await drift()).toMatchObject({ code: 8, item: { status: 'unknown' } });
  });
});
