import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BtMigrateError } from '../../src/domain/errors.ts';
import type { StateDocument } from '../../src/domain/state.ts';
import { openSqliteState } from '../../src/state/open-sqlite-state.ts';
import { BUILD_7, NIGHTLY, promptMapping } from '../support/state-fixture.ts';

let folder: string;
let good: string;
let expected: StateDocument;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'acme-state-'));
  good = join(folder, 'good.db');
  const store = await openSqliteState({ path: good, mode: 'write', mustExist: false });
  const lease = await store.acquireLease(BUILD_7, 0);
  const { runId } = await store.openRun(lease, NIGHTLY);
  for (const slug of Array.from({ length: 60 }, (_, index) => `topic-${index}`)) {
    await store.completeAction(lease, runId, `create:prompt.Support-bot.${slug}`, {
      fingerprint: null,
      mapping: promptMapping(slug),
      secretHmacs: new Map([[`prompt.Support-bot.${slug}#token`, `hmac-${slug}`]]),
    });
  }
  await lease.release();
  expected = await store.exportDocument();
  await store.close();
});

afterAll(() => rmSync(folder, { recursive: true }));

const DAMAGE: readonly (readonly [string, (path: string) => void])[] = [
  ['an empty file', (path) => writeFileSync(path, '')],
  ['a file cut inside its header', (path) => truncateSync(path, 60)],
  ['a file cut to half', (path) => truncateSync(path, readFileSync(path).length >> 1)],
  ['a file without its last page', (path) => truncateSync(path, readFileSync(path).length - 4096)],
  ['a file cut in the middle of a page', (path) => truncateSync(path, readFileSync(path).length - 100)],
  ['a text', (path) => writeFileSync(path, 'version: 1\n'.repeat(1000))],
  ['zeros', (path) => writeFileSync(path, Buffer.alloc(8192))],
  ['a database of another program', (path) => edit(path, 'PRAGMA application_id = 1')],
  ['a database without tables', (path) => replaceByEmptyDatabase(path)],
  ['a newer format', (path) => edit(path, 'PRAGMA user_version = 999')],
  ['an edited row', (path) => edit(path, "UPDATE mapping SET destination_id = 'x' WHERE source_id = 'source-topic-7'")],
  ['a row put in by hand', (path) => edit(path, "UPDATE mapping SET seal = '' WHERE source_id = 'source-topic-7'")],
  ['a page that hides its last row', (path) => hideLastRow(path)],
  ['a table with another rule', (path) => editDefinition(path)],
  ['a missing table', (path) => edit(path, 'DROP TABLE mapping')],
];

test.each(DAMAGE)('%s is refused with the path and a way out, and left as it is', async (_name, damage) => {
  const path = join(folder, 'damaged.db');
  copyFileSync(good, path);
  damage(path);
  const before = readFileSync(path);
  for (const mode of ['read', 'write'] as const) {
    const error = await use(path, mode).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(BtMigrateError);
    expect(error).toMatchObject({ code: 'BTM_STATE_UNREADABLE', exitCode: 5 });
    const { detail, hint } = error as BtMigrateError;
    expect(detail).toContain(path);
    expect(hint).toMatch(/\w+ .*\./);
  }
  const after = readFileSync(path);
  // Opening for writing may switch the journal mode on and off, which counts changes in the header.
  expect(after.subarray(100).equals(before.subarray(100))).toBe(true);
  expect(readdirSync(folder).sort()).toEqual(['damaged.db', 'good.db']);
  rmSync(path);
});

test('any flipped bit is noticed or harmless', async () => {
  const bytes = readFileSync(good);
  const path = join(folder, 'flipped.db');
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (at, bit) => {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
      writeFileSync(path, flipped);
      try {
        expect(await use(path, 'read')).toEqual(expected);
      } catch (error) {
        if (!(error instanceof BtMigrateError)) throw error;
        expect(error.code).toBe('BTM_STATE_UNREADABLE');
        refused += 1;
      }
    }),
    { numRuns: 1_500, seed: 20260302 },
  );
  expect(refused).toBeGreaterThan(500);
  rmSync(path);
});

async function use(path: string, mode: 'read' | 'write'): Promise<StateDocument> {
  const store = await openSqliteState({ path, mode, mustExist: true });
  try {
    await store.snapshot();
    return await store.exportDocument();
  } finally {
    await store.close();
  }
}

function edit(path: string, sql: string): void {
  const db = new Database(path);
  db.exec(sql);
  db.close();
}

function replaceByEmptyDatabase(path: string): void {
  rmSync(path);
  edit(path, 'VACUUM');
  edit(path, 'PRAGMA user_version = 0; CREATE TABLE t (a); DROP TABLE t');
}

/** Lowers the number of rows that the header of a leaf page states. */
function hideLastRow(path: string): void {
  const bytes = readFileSync(path);
  const leafOfMappings = (at: number) => bytes[at] === 0x0a && bytes.subarray(at, at + 4096).includes('source-topic-9');
  const at = Array.from({ length: bytes.length / 4096 }, (_, page) => page * 4096).find(leafOfMappings);
  if (at === undefined) throw new Error('There is no leaf page of mappings.');
  bytes.writeUInt16BE(bytes.readUInt16BE(at + 3) - 1, at + 3);
  writeFileSync(path, bytes);
}

function editDefinition(path: string): void {
  const db = new Database(path).unsafeMode();
  db.pragma('writable_schema = ON');
  const changed = db.prepare("UPDATE sqlite_schema SET sql = replace(sql, 'adopted', 'adoptee')").run().changes;
  db.close();
  expect(changed).toBeGreaterThan(0);
}
