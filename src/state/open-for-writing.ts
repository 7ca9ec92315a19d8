import { accessSync, chmodSync, constants, existsSync, lstatSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import type { BtMigrateError } from '../domain/errors.ts';
import { canLock } from './can-lock.ts';
import type { StateEnvironment } from './environment.ts';
import { identify } from './identify.ts';
import { migrate } from './migrate.ts';
import { newState } from './new-state.ts';
import { damaged, explainFailure, isBusy, missing, unreadable } from './state-error.ts';
import { verifyRows } from './state-tables.ts';
import { writeStateFile } from './write-state-file.ts';

// Within one statement SQLite waits this long, blocking; between attempts to open, the event loop runs.
const BUSY_MS = 2_000;
const OPEN_ATTEMPTS = 20;
const SMALLEST_PAGE = 512;
const ELSEWHERE = 'Keep the state on a local disk; carry it between machines with `state export` and `state import`.';

/**
 * Opens a state file for writing, creating it when it is missing and may be. Commits are flushed to disk one by one,
 * so that an acknowledged write survives a power cut.
 * @throws BTM_STATE_MISSING, BTM_STATE_UNREADABLE.
 */
export async function openForWriting(
  path: string,
  mustExist: boolean,
  environment: StateEnvironment,
): Promise<Database.Database> {
  try {
    if (!isTaken(path)) {
      refuseLeftovers(path);
      if (mustExist) throw missing(path);
      create(path, environment);
    }
    assertUsable(path);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return open(path);
      } catch (error) {
        // Another process switches the journal mode, creates or migrates: it needs the whole file for a moment.
        if (!isBusy(error) || attempt === OPEN_ATTEMPTS) throw error;
        if (attempt === 1) assertLockable(path, environment);
        await environment.sleep(50 * attempt);
      }
    }
  } catch (error) {
    throw explainFailure(path, error);
  }
}

/**
 * Whether there is nothing under this name yet, and a state can be made there.
 * @throws BTM_STATE_UNREADABLE when there is nothing and none can be made.
 */
export function isCreatable(path: string): boolean {
  try {
    if (isTaken(path)) return false;
    refuseLeftovers(path);
    accessSync(dirname(path), constants.W_OK);
    return true;
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? withoutFolder(path, error) : explainFailure(path, error);
  }
}

/** Whether the name exists, if only as a link to nowhere; throws where that cannot be told, which is not "missing". */
export function isTaken(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Refuses a path at which SQLite would open something else than the plain, private file meant. */
export function assertUsable(path: string): void {
  const stats = statSync(path);
  if (!stats.isFile()) {
    throw unreadable(path, `It is ${nameOf(stats)}, not a file.`, 'Name a file with --state.');
  }
  if (path !== path.trim()) {
    throw unreadable(path, 'The path ends in white space.', 'Rename the file.');
  }
  // SQLite takes a file without a whole page for an empty one, and deletes the log that lies beside it.
  if (stats.size < SMALLEST_PAGE) throw damaged(path, `The file is cut: it has ${stats.size} bytes.`);
  accessSync(path, constants.R_OK);
}

/** A write-ahead log without its file would be replayed into whatever is created under that name. */
export function refuseLeftovers(path: string): void {
  for (const suffix of ['-wal', '-journal']) {
    const leftover = `${path}${suffix}`;
    if (existsSync(leftover) && statSync(leftover).size > 0) {
      throw damaged(path, `The file is gone, but ${leftover}, which belongs to it, is still there.`);
    }
  }
}

/** Without locks two runs would not know of each other. */
function assertLockable(path: string, environment: StateEnvironment): void {
  if (canLock(path, environment.uuid())) return;
  throw unreadable(path, 'Its file system refuses locks, which keep two runs apart.', ELSEWHERE);
}

function create(path: string, environment: StateEnvironment): void {
  const db = newState(environment);
  try {
    assertLockable(path, environment);
    writeStateFile(path, db.serialize(), 'keep', environment.uuid());
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return;
    throw code === 'ENOENT' ? withoutFolder(path, error) : error;
  } finally {
    db.close();
  }
}

function withoutFolder(path: string, cause: unknown): BtMigrateError {
  return unreadable(path, 'Its folder does not exist.', 'Create the folder, or name another file with --state.', cause);
}

function open(path: string): Database.Database {
  accessSync(path, constants.W_OK);
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  const db = new Database(path, { fileMustExist: true, timeout: BUSY_MS });
  try {
    identify(db, path);
    db.pragma('trusted_schema = OFF');
    db.pragma('synchronous = FULL');
    db.pragma('fullfsync = ON');
    const mode = db.pragma('journal_mode = WAL', { simple: true });
    if (mode !== 'wal') {
      throw unreadable(path, 'Its file system has no shared memory, which a journalled write needs.', ELSEWHERE);
    }
    migrate(db);
    verifyRows(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function nameOf(stats: Stats): string {
  return stats.isDirectory() ? 'a folder' : 'a special file';
}
