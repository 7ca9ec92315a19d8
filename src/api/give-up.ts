import { BtMigrateError } from '../domain/errors.ts';

/** Milliseconds that requests in flight get: one second less than the five within which a run ends, for the state. */
export const GRACE_MS = 4_000;

/**
 * What ends writes in flight some time after `signal` has ended everything else, with what `reason` gives at that moment;
 * `stop` when there are none any more.
 */
export function giveUpAfter(
  signal: AbortSignal,
  reason: () => BtMigrateError = () => reasonOf(signal),
): { readonly giveUp: AbortSignal; stop(): void } {
  const last = new AbortController();
  let grace: NodeJS.Timeout | undefined;
  const start = (): void => {
    grace = setTimeout(() => last.abort(reason()), GRACE_MS);
  };
  if (signal.aborted) start();
  else signal.addEventListener('abort', start, { once: true });
  return {
    giveUp: last.signal,
    stop: () => {
      clearTimeout(grace);
      signal.removeEventListener('abort', start);
    },
  };
}

function reasonOf({ reason }: AbortSignal): BtMigrateError {
  if (reason instanceof BtMigrateError) return reason;
  return new BtMigrateError('BTM_INTERRUPTED', {
    detail: 'The run was asked to stop; requests in flight got no answer in time and were given up.',
    hint: 'Run the same command again: it goes on where this one stopped.',
  });
}
