import { BtMigrateError } from '../domain/errors.ts';
import type { CliIo, StopSignal } from './cli-io.ts';

const EXIT_CODES: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143 };

/**
 * Turns signals into an AbortSignal. States: running → stopping (first signal: aborted, the work in flight ends and the
 * command returns) → ended at once (second signal). `next` says what to do after it; `notice` tells that it was heard.
 */
export function awaitSignals(
  io: CliIo,
  next: string,
  notice: (text: string) => void,
): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const stop = io.onSignal((name) => {
    if (controller.signal.aborted) {
      io.exit(EXIT_CODES[name]);
      return;
    }
    controller.abort(
      new BtMigrateError(name === 'SIGINT' ? 'BTM_INTERRUPTED' : 'BTM_TERMINATED', {
        detail: `Stopped by ${name} after the work in flight.`,
        hint: next,
      }),
    );
    notice(`${name}: stopping after the work in flight; a second signal stops at once.`);
  });
  return { signal: controller.signal, stop };
}
