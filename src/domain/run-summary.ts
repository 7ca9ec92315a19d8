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
  /** The action that this one waited for, which failed or was not attempted itself; for `not_attempted`. */
  readonly because_of?: ActionId;
}

/** Rows of one container that a run copied or deleted, earlier attempts of the same run included. */
export interface StreamResult {
  readonly address: Address;
  readonly rows: number;
  readonly bytes: number;
  /** Rows and attachments that could not be read or that the destination did not take. */
  readonly quarantined: number;
  /** Rows that were left as they are, because they were edited in the destination; absent when there are none. */
  readonly kept?: number;
  /** Of the rows: those that were copied before and refer to what the destination has by now; absent when there are none. */
  readonly mended?: number;
  /** Rows that the source no longer has and that were deleted; absent in a container of which no row was to be. */
  readonly deleted?: number;
  /** Of those that were to be deleted: rows that the source has again; absent when there are none. */
  readonly returned?: number;
}

/** What became of the rows of one container that a plan deletes, earlier attempts of the same run included. */
export interface DeletedRows {
  readonly address: Address;
  /** That are not there any more. */
  readonly rows: number;
  /** Left alone, because somebody edited them in the destination. */
  readonly kept: number;
  /** Left alone, because the source has them again. */
  readonly returned: number;
}

/** What else became of the rows that were copied; what did not happen is absent. */
export interface RowNotes {
  /** Rows of which a field became an attachment, because the platform takes no row so large. */
  readonly spilled?: number;
  /** Rows that were deleted in the source while they were read. */
  readonly deleted?: number;
  /** Transaction ids in `origin` and `metadata.prompt` that mean nothing in the destination. */
  readonly dropped_pins?: number;
  /** References that keep their source ids, because the destination has nothing to point at, by type. */
  readonly unresolved?: Readonly<Record<string, number>>;
  /** Rows with content that the API does not take, by column. */
  readonly lost?: Readonly<Record<string, number>>;
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
    /** Objects; rows are counted by themselves. */
    readonly deleted: number;
    /** Rows that the source no longer has: the sum of those of `streams`; absent where no row was to be deleted. */
    readonly rows_deleted?: number;
    readonly adopted: number;
    readonly skipped: number;
    readonly blocked: number;
    readonly failed: number;
    readonly quarantined: number;
    readonly rows: number;
    readonly bytes: number;
  };
  readonly actions: readonly ActionResult[];
  readonly streams: readonly StreamResult[];
  readonly row_notes?: RowNotes;
  readonly requests: { readonly source: number; readonly destination: number };
  readonly duration_ms: number;
  /** What ended the run before its end: an interruption, rejected credentials, a lost network. */
  readonly ended_by?: ActionError;
}
