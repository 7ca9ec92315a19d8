import { join } from 'node:path';
import type { StateStore } from '../../src/domain/state.ts';
import type { StateEnvironment } from '../../src/state/environment.ts';
import { openMemoryState } from '../../src/state/memory-store.ts';
import { openSqliteState } from '../../src/state/open-sqlite-state.ts';

export const STORE_KINDS = ['SQLite', 'memory'] as const;

/** A new, empty store of this kind, writable; a file goes into the folder. */
export async function openTestStore(
  kind: (typeof STORE_KINDS)[number],
  folder: string,
  environment: StateEnvironment,
): Promise<StateStore> {
  if (kind === 'memory') return openMemoryState(environment);
  return openSqliteState({ path: join(folder, 'state.db'), mode: 'write', mustExist: false, ...environment });
}
