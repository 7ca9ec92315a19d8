import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { copyStateFiles } from './copy-state-files.ts';
import { REAL_ENVIRONMENT } from './environment.ts';

let folder: string;
let path: string;
let writer: Database.Database;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'acme-state-'));
  path = join(folder, 'state.db');
  writer = new Database(path);
  writer.pragma('journal_mode = WAL');
  writer.exec('CREATE TABLE mapping (source_id TEXT)');
});

afterEach(() => {
  writer.close();
  rmSync(folder, { recursive: true });
});

/** Runs the given steps of a writer, one after each look at the main file. */
function readerBeside(steps: (() => void)[]): (path: string) => Buffer {
  return (name) => {
    const bytes = readFileSync(name);
    if (name === path) steps.shift()?.();
    return bytes;
  };
}

const environment = { ...REAL_ENVIRONMENT, sleep: async () => {} };
const write = (id: string) => writer.prepare('INSERT INTO mapping VALUES (?)').run(id);

test('a log that starts over between the two copies is noticed, and both are copied again', async () => {
  write('source-triage');
  let looks = 0;
  const startOver = () => {
    writer.pragma('wal_checkpoint(RESTART)');
    write('source-refund');
    looks += 1;
  };
  const files = await copyStateFiles(path, environment, readerBeside([startOver, () => looks++]));
  expect(looks).toBe(2);
  expect(files.main.includes('source-triage')).toBe(true);
  expect(files.wal?.includes('source-refund')).toBe(true);
});

test('a log that only grows needs no second copy', async () => {
  write('source-triage');
  let looks = 0;
  const grow = () => {
    write('source-refund');
    looks += 1;
  };
  const files = await copyStateFiles(path, environment, readerBeside([grow, grow]));
  expect(looks).toBe(1);
  expect(files.wal?.includes('source-refund')).toBe(true);
});

test('a file that never holds still is given up on, with a message', async () => {
  const startOver = () => {
    write('source-triage');
    writer.pragma('wal_checkpoint(RESTART)');
    write('source-refund');
  };
  const copy = copyStateFiles(path, environment, readerBeside(Array.from({ length: 1_000 }, () => startOver)));
  await expect(copy).rejects.toMatchObject({ code: 'BTM_STATE_UNREADABLE', detail: /changes too fast/ });
});
