import { GRACE_MS, giveUpAfter } from '../api/give-up.ts';
import { BtMigrateError } from '../domain/errors.ts';
import type { CliIo, StopSignal } from './cli-io.ts';

const EXIT_CODES: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143 };

export interface StopSignals {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Aborted when the work in flight has had its time. */
  readonly giveUp: AbortSignal;
  /** Stops listening. */
  stop(): void;
}

/**
 * Turns signals into AbortSignals. States: running → stopping (first signal: the work in flight ends and the command
 * returns) → giving up (what is in flight does not end) → ended at once (second signal). `next` says what to do after
 * it; `notice` tells what was heard and what is given up.
 */
export function awaitSignals(io: CliIo, next: string, notice: (text: string) => void): StopSignals {
  const controller = new AbortController();
  let first: StopSignal = 'SIGINT';
  const reason = (detail: string): BtMigrateError =>
    new BtMigrateError(first === 'SIGINT' ? 'BTM_INTERRUPTED' : 'BTM_TERMINATED', { detail, hint: next });
  const grace = giveUpAfter(controller.signal, () => {
    notice(`Requests in flight got no answer for ${GRACE_MS / 1000} s and are given up; the next run settles them.`);
    return reason(`Stopped by ${first}; requests in flight got no answer in time and were given up.`);
  });
  const stop = io.onSignal((name) => {
    if (controller.signal.aborted) {
      io.exit(EXIT_CODES[name]);
      return;
    }
    first = name;
    controller.abort(reason(`Stopped by ${name} after the work in flight.`));
    notice(`${name}: stopping after the work in flight; a second signal stops at once.`);
  });
  return {
    signal: controller.signal,
    giveUp: grace.giveUp,
    stop: () => {
      grace.stop();
      stop();
    },
  };
}
