import type { Failure } from './failure.ts';

/** Attempts of a request whose server fails or cannot be reached. */
const FAILED_ATTEMPTS = 5;
/** Attempts under a rate limit: limits are counted by the minute, and a server that names the wait is believed longer. */
const LIMITED_ATTEMPTS = 10;
const LIMITED_ATTEMPTS_AS_ASKED = 30;
const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 30_000;
/** All waiting that one request may do; a longer Retry-After ends it at once. */
const WAIT_BUDGET_MS = 600_000;

/** What happened to one request so far. */
export interface RetryCount {
  readonly attempts: number;
  readonly failed: number;
  readonly limited: number;
  readonly waitedMs: number;
}

export interface RetryPlan {
  readonly waitMs: number;
  /** The host asked for the wait, so it is for everybody who sends there. */
  readonly wholeHost: boolean;
  readonly count: RetryCount;
}

/**
 * Decides whether and when a failed attempt is repeated; undefined when it is not. Waits double from 300 ms to 30 s,
 * with half of each left to chance so that workers spread; a Retry-After is taken as it is.
 */
export function planRetry(failure: Failure, before: RetryCount, random: () => number): RetryPlan | undefined {
  if (failure.repeat === 'never') return undefined;
  const limited = failure.repeat === 'limited';
  const asked = failure.answer?.retryAfterMs;
  const made = (limited ? before.limited : before.failed) + 1;
  const allowed = limited ? (asked === undefined ? LIMITED_ATTEMPTS : LIMITED_ATTEMPTS_AS_ASKED) : FAILED_ATTEMPTS;
  if (made >= allowed) return undefined;
  const guess = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (made - 1));
  const waitMs = asked ?? Math.round(guess / 2 + (guess / 2) * random());
  const waitedMs = before.waitedMs + waitMs;
  if (waitedMs > WAIT_BUDGET_MS) return undefined;
  return {
    waitMs,
    wholeHost: asked !== undefined,
    count: {
      attempts: before.attempts + 1,
      failed: before.failed + (limited ? 0 : 1),
      limited: before.limited + (limited ? 1 : 0),
      waitedMs,
    },
  };
}
