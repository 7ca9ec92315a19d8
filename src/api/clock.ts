import { BtMigrateError } from '../domain/errors.ts';

/** Time as the adapter sees it, in milliseconds; passed in so that tests need not wait. */
export interface Clock {
  now(): number;
  /** Resolves after `ms`, or as soon as the signal is aborted (it may also reject then). */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/**
 * Sleeps unless there is nothing to wait for.
 * @throws the reason of the abort; see `interruption`.
 */
export async function pauseFor(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0 && !signal.aborted) {
    await clock.sleep(ms, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
  if (signal.aborted) throw interruption(signal);
}

/** The error an aborted signal stands for: its own reason when that is one of ours, else BTM_INTERRUPTED. */
export function interruption(signal: AbortSignal): BtMigrateError {
  if (signal.reason instanceof BtMigrateError) return signal.reason;
  return new BtMigrateError('BTM_INTERRUPTED', {
    detail: 'The run was asked to stop, so no further request is sent.',
    hint: 'Run the same command again: it goes on where this one stopped.',
  });
}
