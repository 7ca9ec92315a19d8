import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { REAL_ENVIRONMENT } from './environment.ts';
import { openForWriting } from './open-for-writing.ts';

// Nobody flushes beside the program yet: what is committed while a state is opened is on the disk at once.
test('a commit to a state that was just opened is flushed to the disk by SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'acme-state-'));
  const db = await openForWriting(join(folder, 'state.db'), false, REAL_ENVIRONMENT);
  const FULL = 2;
  expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(db.pragma('synchronous', { simple: true })).toBe(FULL);
  expect(db.pragma('fullfsync', { simple: true })).toBe(1);
  db.close();
  rmSync(folder, { recursive: true });
});

test('a file that another program keeps locked for a while is waited for, and never started over', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'acme-state-'));
  const path = join(folder, 'state.db');
  const first = await openForWriting(path, false, REAL_ENVIRONMENT);
  const made = lineageOf(first);
  first.pragma('journal_mode = DELETE');
  first.close();
  const other = new Database(path);
  other.exec('BEGIN EXCLUSIVE');
  let waits = 0;
  const sleep = async () => {
    waits += 1;
    other.exec('ROLLBACK');
  };
  const db = await openForWriting(path, true, { ...REAL_ENVIRONMENT, sleep });
  expect(waits).toBe(1);
  expect(lineageOf(db)).toEqual(made);
  db.close();
  other.close();
  rmSync(folder, { recursive: true });
});

function lineageOf(db: Database.Database): unknown {
  return db.prepare('SELECT lineage FROM meta').get();
}
