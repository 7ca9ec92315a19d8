import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { StateEnvironment } from './environment.ts';
import { identify } from './identify.ts';
import { migrate } from './migrate.ts';
import { assertUsable, isTaken, refuseLeftovers } from './open-for-writing.ts';
import { explainFailure, unreadable } from './state-error.ts';
import { verifyRows } from './state-tables.ts';

const COPY_ATTEMPTS = 50;
const WAL_HEADER_BYTES = 32;

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
    const db = new Database(plainBytes(await copyFiles(path, environment)));
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

interface StateFiles {
  readonly main: Buffer;
  readonly wal: Buffer | undefined;
  readonly journal: Buffer | undefined;
}

/**
 * Copies the file and then its write-ahead log. While the log is not restarted, which its header tells, everything
 * that a checkpoint may have moved into the file during the copy is in the log too, so that the two belong together.
 * Without a log the file must not have changed meanwhile.
 */
async function copyFiles(path: string, environment: StateEnvironment): Promise<StateFiles> {
  for (let attempt = 1; attempt <= COPY_ATTEMPTS; attempt += 1) {
    const before = stamp(path);
    const files = { main: readFileSync(path), wal: contentOf(`${path}-wal`), journal: contentOf(`${path}-journal`) };
    if (stamp(path) === before) return files;
    await environment.sleep(20);
  }
  throw unreadable(path, 'It changes too fast to be copied.', 'Run the same command again in a moment.');
}

function stamp(path: string): string {
  const main = statSync(path, { bigint: true });
  const header = contentOf(`${path}-wal`)?.subarray(0, WAL_HEADER_BYTES);
  const journal = existsSync(`${path}-journal`);
  const content = header === undefined ? `${main.size} ${main.mtimeNs}` : header.toString('hex');
  return `${main.dev} ${main.ino} ${journal} ${content}`;
}

/** Undefined for a file that is missing or empty. */
function contentOf(path: string): Buffer | undefined {
  try {
    const bytes = readFileSync(path);
    return bytes.length === 0 ? undefined : bytes;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
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
