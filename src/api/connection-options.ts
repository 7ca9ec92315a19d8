import type { Reporter, Side } from '../domain/event.ts';
import type { OrgRef } from '../domain/spec.ts';
import type { Clock } from './clock.ts';
import type { HostGates } from './host-gates.ts';
import type { ProxyOptions, Timeouts } from './open-dispatcher.ts';

/** What it takes to talk to one organization. */
export interface ConnectionOptions {
  readonly side: Side;
  readonly org: OrgRef;
  /** One for the whole run: requests to one host share their limits whichever organization they are for. */
  readonly gates: HostGates;
  /** Most requests a minute of this connection; null leaves it to the server. */
  readonly requestsPerMinute: number | null;
  readonly report: Reporter;
  readonly clock: Clock;
  /** A number in [0, 1), for the jitter of retries. */
  readonly random: () => number;
  /**
   * Ends waits and reads at once. A write in flight is let finish, so that its outcome is known; nothing is sent after
   * that. Abort it with a BtMigrateError to have that error thrown instead of BTM_INTERRUPTED.
   */
  readonly signal: AbortSignal;
  /** Aborted some time after `signal`, ends the writes in flight too: what they did is left to the next run to find out. */
  readonly giveUp?: AbortSignal;
  readonly userAgent: string;
  readonly proxy?: ProxyOptions;
  readonly timeouts?: Timeouts;
}
