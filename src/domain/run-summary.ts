import type { Address } from './address.ts';
import type { Digest } from './fingerprint.ts';
import type { ActionId, Operation, Reason } from './plan.ts';

/**
 * What became of one planned action:
 * `done` carried out in this run · `already_done` by an earlier run of the same plan · `recorded` adopted into the state ·
 * `unchanged` a skip · `blocked` · `failed` · `not_attempted` because something it needs failed, or the run ended first.
 */
export type ActionStatus = 'done' | 'already_done' | 'recorded' | 'unchanged' | 'blocked' | 'failed' | 'not_attempted';

export interface ActionError {
  readonly code: string;
  readonly summary: string;
  readonly detail: string;
  readonly hint?: string;
}

export interface ActionResult {
  readonly id: ActionId;
  readonly op: Operation;
  readonly address: Address;
  readonly reason: Reason;
  readonly status: ActionStatus;
  readonly accepted?: boolean;
  readonly error?: ActionError;
  /** The failed action that this one waited for, for `not_attempted`. */
  readonly because_of?: ActionId;
}

/** The report of an apply run: the body of `apply --json` and of `--report` (contract section 2). */
export interface RunSummary {
  readonly run_id: string | null;
  readonly plan_digest: Digest;
  /** The earlier run that applied this plan in full, when there was nothing left to do. */
  readonly already_applied: boolean;
  readonly resumed: boolean;
  readonly summary: {
    readonly created: number;
    readonly updated: number;
    readonly linked: number;
    readonly deleted: number;
    readonly adopted: number;
    readonly skipped: number;
    readonly blocked: number;
    readonly failed: number;
    readonly quarantined: number;
    readonly rows: number;
    readonly bytes: number;
  };
  readonly actions: readonly ActionResult[];
  readonly streams: readonly {
    readonly address: Address;
    readonly rows: number;
    readonly bytes: number;
    readonly quarantined: number;
  }[];
  readonly requests: { readonly source: number; readonly destination: number };
  readonly duration_ms: number;
  /** What ended the run before its end: an interruption, rejected credentials, a lost network. */
  readonly ended_by?: ActionError;
}
