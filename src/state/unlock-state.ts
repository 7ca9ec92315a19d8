import { resolve } from 'node:path';
import { BtMigrateError } from '../domain/errors.ts';
import type { LeaseHolder } from '../domain/state.ts';
import { REAL_ENVIRONMENT, type StateEnvironment } from './environment.ts';
import { describeLease, lockedError, takeableAt, watchLease } from './lease.ts';
import { openWritableStore } from './open-sqlite-state.ts';

export interface UnlockOptions extends Partial<StateEnvironment> {
  /** Frees the lock of a holder that seems to be alive, too. */
  readonly force: boolean;
  readonly holder: LeaseHolder;
}

/**
 * Frees the lock of a state file. A holder that is still running is refused at its next write. Returns who held the
 * lock, or null when it was free.
 * @throws BTM_STATE_LOCKED when the holder may be alive and `force` is false, BTM_STATE_MISSING, BTM_STATE_UNREADABLE.
 */
export async function unlockState(path: string, options: UnlockOptions): Promise<string | null> {
  const { force, holder, ...given } = options;
  const environment = { ...REAL_ENVIRONMENT, ...given };
  const file = resolve(path);
  const store = await openWritableStore(file, true, environment);
  try {
    const row = store.desk.row();
    if (row.host === null) return null;
    const now = environment.now();
    if (!force && takeableAt(watchLease(row, undefined, now), holder, environment) > now) {
      throw lockedError(file, row, now);
    }
    if (!(await store.desk.free(row.token))) {
      throw new BtMigrateError('BTM_STATE_LOCKED', {
        detail: `The lock of ${file} changed hands meanwhile.`,
        hint: 'Look who holds it now with `bt-migrate state check`, then decide again.',
      });
    }
    return describeLease(row, now);
  } finally {
    await store.close();
  }
}
