import type { Lease, StateSnapshot, StateStore } from '../domain/state.ts';
import { describeHolder } from '../state/describe-holder.ts';
import { openSqliteState } from '../state/open-sqlite-state.ts';
import type { CommandContext } from './define-command.ts';
import { jobUrl } from './job-url.ts';
import { readEnvironment } from './read-environment.ts';
import type { StatePlace } from './state-place.ts';

/**
 * What a state holds at this moment; takes no lock and creates no file.
 * @throws BTM_STATE_MISSING when it must exist and does not, BTM_STATE_UNREADABLE.
 */
export async function readSnapshot(place: StatePlace): Promise<StateSnapshot> {
  const store = await openSqliteState({ ...place, mode: 'read' });
  try {
    return await store.snapshot();
  } finally {
    await store.close();
  }
}

/**
 * Opens a state for writing, takes its lock, and gives both back at the end. A file that is missing is made by the
 * first write.
 * @throws BTM_STATE_MISSING, BTM_STATE_UNREADABLE, BTM_STATE_LOCKED.
 */
export async function withHeldState<Result>(
  context: CommandContext,
  place: StatePlace,
  use: (store: StateStore, lease: Lease) => Promise<Result>,
): Promise<Result> {
  const { globals, io, report, signal } = context;
  const store = await openSqliteState({ ...place, mode: 'write_late' });
  try {
    const holder = describeHolder(jobUrl(readEnvironment(io)));
    const lease = await store.acquireLease(holder, globals.lockTimeoutMs, {
      signal,
      onWait: (detail) => report({ type: 'lock_waiting', detail }),
    });
    return await use(store, lease);
  } finally {
    // Closing releases the lock, too.
    await store.close();
  }
}
