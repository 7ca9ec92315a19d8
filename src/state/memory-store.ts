import type { StateStore } from '../domain/state.ts';
import { REAL_ENVIRONMENT, type StateEnvironment } from './environment.ts';
import { newState } from './new-state.ts';
import { SqliteStore } from './sqlite-store.ts';
import { NO_LOG } from './write-ahead-log.ts';

/** A state that lives as long as the process: for rehearsals and tests. The same code as on disk, without the file. */
export function openMemoryState(given: Partial<StateEnvironment> = {}): StateStore {
  const environment = { ...REAL_ENVIRONMENT, ...given };
  return new SqliteStore({
    db: newState(environment),
    path: 'The state in memory',
    mode: 'write',
    environment,
    guard: () => {},
    log: NO_LOG,
    beforeClose: () => {},
  });
}
