import { resolve } from 'node:path';
import type { StateStore } from '../domain/state.ts';
import { REAL_ENVIRONMENT, type StateEnvironment } from './environment.ts';
import { fileGuard } from './file-guard.ts';
import { MissingStore } from './missing-store.ts';
import { openForReading } from './open-for-reading.ts';
import { openForWriting } from './open-for-writing.ts';
import { SqliteStore } from './sqlite-store.ts';
import { isBusy, missing } from './state-error.ts';

export interface OpenStateOptions extends Partial<StateEnvironment> {
  readonly path: string;
  /**
   * `read` sees what is committed at this moment and touches nothing on disk; `write` creates the file when it is
   * missing, and is the only mode in which the lock can be taken.
   */
  readonly mode: 'read' | 'write';
  readonly mustExist: boolean;
}

/**
 * Opens a state file. In read mode a missing file is an empty state. Do not open for reading what this process has
 * open for writing; ask the writing store instead.
 * @throws BTM_STATE_MISSING when it must exist and does not, BTM_STATE_UNREADABLE.
 */
export async function openSqliteState(options: OpenStateOptions): Promise<StateStore> {
  return openStore(options);
}

/** As `openSqliteState`, for this folder, which also needs what a StateStore does not show. */
export async function openStore(options: OpenStateOptions): Promise<SqliteStore | MissingStore> {
  const { path: name, mode, mustExist, ...given } = options;
  const path = resolve(name);
  const environment = { ...REAL_ENVIRONMENT, ...given };
  return mode === 'write' ? writeStore(path, mustExist, environment) : readStore(path, mustExist, environment);
}

async function readStore(path: string, mustExist: boolean, environment: StateEnvironment) {
  const db = await openForReading(path, environment);
  if (db !== undefined) {
    return new SqliteStore({ db, path, mode: 'read', environment, guard: () => {}, beforeClose: () => {} });
  }
  if (mustExist) throw missing(path);
  return new MissingStore(path, environment);
}

async function writeStore(path: string, mustExist: boolean, environment: StateEnvironment) {
  const db = await openForWriting(path, mustExist, environment);
  const guard = fileGuard(path);
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
  return new SqliteStore({ db, path, mode: 'write', environment, guard, beforeClose });
}
