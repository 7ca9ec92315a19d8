import type { ErrorCode } from '../domain/errors.ts';
import type { Load } from './host-gate.ts';

/** Why one attempt brought no usable answer, and what may be done about it. */
export interface Failure {
  readonly code: ErrorCode;
  /** A clause that follows the request: "answered 503: upstream is down". */
  readonly what: string;
  readonly hint: string | undefined;
  /** `never` ends the request; `failed` and `limited` are repeated, within different bounds. */
  readonly repeat: 'never' | 'failed' | 'limited';
  /** What became of a write: `none` when the server certainly did not carry it out. */
  readonly effect: 'none' | 'unknown';
  readonly load: Load;
  /** Null when there was no answer. */
  readonly answer: FailedAnswer | null;
  readonly cause: unknown;
}

interface FailedAnswer {
  readonly status: number;
  readonly requestId: string | undefined;
  readonly serverText: string;
  /** Milliseconds the server asks to be left alone. */
  readonly retryAfterMs: number | undefined;
}
