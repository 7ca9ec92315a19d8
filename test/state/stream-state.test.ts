import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkState } from '../../src/state/check-state.ts';
import { migrate } from '../../src/state/migrate.ts';
import { openSqliteState } from '../../src/state/open-sqlite-state.ts';
import { SealedTable } from '../../src/state/sealed-table.ts';
import { BUILD_7, NIGHTLY } from '../support/state-fixture.ts';
import { BAD_ROW, batchOf, firstPass, key } from '../support/stream-fixture.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'acme-streams-'));
  path = join(folder, 'state.db');
});

afterEach(() => rmSync(folder, { recursive: true }));

function writeOldState(): void {
  const db = new Database(':memory:');
  migrate(db, 1);
  new SealedTable(db, 'meta', ['id'], ['lineage', 'serial', 'salt', 'source_org_id', 'destination_org_id']).put({
    id: 1,
    lineage: 'acme-lineage',
    serial: 7,
    salt: 'a7'.repeat(32),
    source_org_id: 'acme-dev',
    destination_org_id: 'acme-prod',
  });
  writeFileSync(path, db.serialize(), { mode: 0o600 });
  db.close();
}

test('a state of the first format is read as it is, and gets its tables of streams when it is written', async () => {
  writeOldState();
  const before = readFileSync(path);
  const reader = await openSqliteState({ path, mode: 'read', mustExist: true });
  expect(await reader.snapshot()).toMatchObject({ lineage: 'acme-lineage', serial: 7, streams: [], unfinished: [] });
  await reader.close();
  expect(readFileSync(path)).toEqual(before);

  const writer = await openSqliteState({ path, mode: 'write', mustExist: true });
  const lease = await writer.acquireLease(BUILD_7, 0);
  const { runId } = await writer.openRun(lease, NIGHTLY);
  const [range] = await writer.streams.openPass(lease, firstPass(runId));
  await writer.streams.ackBatch(lease, [batchOf(range?.id ?? '')]);
  await writer.close();

  const again = await openSqliteState({ path, mode: 'read', mustExist: true });
  expect(await again.snapshot()).toMatchObject({ serial: 7, unfinished: [{ position: key(100), rows: 100 }] });
  await again.close();
});

test('a check names passes that were interrupted and rows that are waiting', async () => {
  const store = await openSqliteState({ path, mode: 'write', mustExist: false });
  const lease = await store.acquireLease(BUILD_7, 0);
  const { runId } = await store.openRun(lease, NIGHTLY);
  const [range] = await store.streams.openPass(lease, firstPass(runId));
  const id = range?.id ?? '';
  await store.streams.ackBatch(lease, [batchOf(id, { quarantined: [BAD_ROW] })]);
  await store.close();
  const { problems } = await checkState(path);
  expect(problems.map(({ code, detail }) => [code, detail])).toEqual([
    ['pass_not_finished', 'copy:logs.Support-bot was interrupted after 100 rows.'],
    ['rows_quarantined', '1 row or attachment was not taken by the destination.'],
  ]);
});
