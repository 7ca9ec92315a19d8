import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REAL_ENVIRONMENT } from './environment.ts';
import { openForWriting } from './open-for-writing.ts';

// A killed process leaves what it wrote with the operating system; only a power cut would show a missing flush.
test('every commit is flushed to the disk before it is acknowledged', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'acme-state-'));
  const db = await openForWriting(join(folder, 'state.db'), false, REAL_ENVIRONMENT);
  const FULL = 2;
  expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(db.pragma('synchronous', { simple: true })).toBe(FULL);
  expect(db.pragma('fullfsync', { simple: true })).toBe(1);
  db.close();
  rmSync(folder, { recursive: true });
});
