import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { copyStateFiles, type StateFiles } from './copy-state-files.ts';
import type { StateEnvironment } from './environment.ts';
import { identify } from './identify.ts';
import { migrate } from './migrate.ts';
import { assertUsable, isTaken, refuseLeftovers } from './open-for-writing.ts';
import { explainFailure } from './state-error.ts';
import { verifyRows } from './state-tables.ts';

/**
 * Opens a private copy, in memory, of what is committed in a state file at this moment; undefined when there is no
 * file. Writes nothing beside the file, not even the shared memory that SQLite would: it works on a read-only disk,
 * after a crash, and during an apply of another process.
 *
 * Not for a file that this same process has open for writing: closing the copied file would drop the writer's locks
 * (POSIX locks belong to the process, not to the descriptor).
 * @throws BTM_STATE_UNREADABLE.
 */
export async function openForReading(
  path: string,
  environment: StateEnvironment,
): Promise<Database.Database | undefined> {
  try {
    if (!isTaken(path)) {
      refuseLeftovers(path);
      return undefined;
    }
    assertUsable(path);
    const db = new Database(plainBytes(await copyStateFiles(path, environment)));
    try {
      identify(db, path);
      migrate(db);
      verifyRows(db);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    throw explainFailure(path, error);
  }
}

/** Lets SQLite merge the log into a copy in a private folder; a database in memory cannot have a log. */
function plainBytes(files: StateFiles): Buffer {
  const inWalMode = files.main[18] === 2;
  if (!inWalMode && files.wal === undefined && files.journal === undefined) return files.main;
  const folder = mkdtempSync(join(tmpdir(), 'bt-migrate-'));
  try {
    const copy = join(folder, 'state.db');
    for (const [suffix, bytes] of [
      ['', files.main],
      ['-wal', files.wal],
      ['-journal', files.journal],
    ] as const) {
      if (bytes !== undefined) writeFileSync(`${copy}${suffix}`, bytes, { mode: 0o600 });
    }
    const db = new Database(copy, { fileMustExist: true });
    try {
      db.pragma('journal_mode = DELETE');
    } finally {
      db.close();
    }
    return readFileSync(copy);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
