import { resolve } from 'node:path';
import type { StateStore } from '../domain/state.ts';
import { REAL_ENVIRONMENT, type StateEnvironment } from './environment.ts';
import { fileGuard } from './file-guard.ts';
import { LateStore } from './late-store.ts';
import { MissingStore } from './missing-store.ts';
import { openForReading } from './open-for-reading.ts';
import { isCreatable, openForWriting } from './open-for-writing.ts';
import { SqliteStore } from './sqlite-store.ts';
import { isBusy, missing } from './state-error.ts';
import { NO_LOG, WriteAheadLog } from './write-ahead-log.ts';

export interface OpenStateOptions extends Partial<StateEnvironment> {
  readonly path: string;
  /**
   * `read` sees what is committed at this moment and touches nothing on disk; `write` creates the file when it is
   * missing; `write_late` creates it with the first write, and until then a missing file is an empty state. The lock
   * can only be taken for writing.
   */
  readonly mode: 'read' | 'write' | 'write_late';
  readonly mustExist: boolean;
}

/**
 * Opens a state file. In read mode a missing file is an empty state. Do not open for reading what this process has
 * open for writing; ask the writing store instead.
 * @throws BTM_STATE_MISSING when it must exist and does not, BTM_STATE_UNREADABLE.
 */
export async function openSqliteState(options: OpenStateOptions): Promise<StateStore> {
  const { path, mode, mustExist, ...given } = options;
  const environment = { ...REAL_ENVIRONMENT, ...given };
  const file = resolve(path);
  if (mode === 'read') return openReadableStore(file, mustExist, environment);
  if (mode === 'write' || mustExist || !isCreatable(file)) return openWritableStore(file, mustExist, environment);
  return new LateStore(file, environment, () => openWritableStore(file, false, environment));
}

async function openReadableStore(path: string, mustExist: boolean, environment: StateEnvironment) {
  const db = await openForReading(path, environment);
  if (db !== undefined) {
    const idle = { guard: () => {}, log: NO_LOG, beforeClose: () => {} };
    return new SqliteStore({ db, path, mode: 'read', environment, ...idle });
  }
  if (mustExist) throw missing(path);
  return new MissingStore(path, environment);
}

/** As `openSqliteState` in write mode, for commands of this folder that need more than a StateStore shows. */
export async function openWritableStore(
  path: string,
  mustExist: boolean,
  environment: StateEnvironment,
): Promise<SqliteStore> {
  const db = await openForWriting(path, mustExist, environment);
  const guard = fileGuard(path);
  // Commits go into the log, which the queue flushes. SQLite itself still flushes where the log begins and before its content
  // becomes the file's.
  db.pragma('synchronous = NORMAL');
  const log = new WriteAheadLog(path);
  const beforeClose = () => {
    guard();
    // Others may have the file open, waiting for the lock: then the last of them leaves the plain file.
    db.pragma('busy_timeout = 0');
    try {
      db.pragma('wal_checkpoint(TRUNCATE)');
      db.pragma('journal_mode = DELETE');
    } catch (error) {
      if (!isBusy(error)) throw error;
    }
  };
  return new SqliteStore({ db, path, mode: 'write', environment, guard, log, beforeClose });
}
