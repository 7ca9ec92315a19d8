import { type Address, kindOf } from './address.ts';
import { isStreamKind } from './kind.ts';
import type { PlannedAction } from './plan.ts';

/**
 * What a `copy` action says of its stream: its `after`. Keys and transaction ids are those of the source. A pass reads the
 * rows of one container with `xact_after < _xact_id <= xact_up_to`; with `--estimates none` nothing was counted, and
 * apply takes the bounds when it starts.
 */
export type PlannedCopy = {
  /** `first`: nothing of this container was copied before. `next`: what was added or edited since. */
  readonly pass: 'first' | 'next';
  /** Exclusive; null in a first pass. */
  readonly xact_after: string | null;
  /** Inclusive: the newest transaction that the container's rows showed when the plan was made. */
  readonly xact_up_to: string | null;
  /** Inclusive and exclusive, ISO-8601; of rows of logs only. */
  readonly created_after: string | null;
  readonly created_before: string | null;
  /**
   * At most so many are written: rows within these bounds, less what an interrupted pass has done of them. Those of the last
   * minute of the pass before are among them, and only written when they were edited. Null when not counted.
   */
  readonly rows: number | null;
  /** Rows within these bounds, those included that an earlier pass copied already; null when not counted. */
  readonly counted: number | null;
  readonly first_key: string | null;
  readonly last_key: string | null;
  /** Estimated from sampled rows; null when none were sampled. */
  readonly bytes: number | null;
  /** Requests for these rows alone; containers with few rows share them. Null when not counted. */
  readonly requests: { readonly source: number; readonly destination: number } | null;
  /** True when the destination may hold rows with these ids: `streams.on_row_conflict` then decides. */
  readonly may_collide: boolean;
  /** Rows that were copied before and are written again. */
  readonly mends?: PlannedMending;
};

/**
 * References that rows were copied with as they were, because the destination had nothing to point at, and that lead somewhere
 * by the time of the copy. Of the rows with `xact_after < _xact_id <= xact_up_to` those are written again that hold one.
 */
export type PlannedMending = {
  readonly references: readonly {
    /** As rows spell it; logs are their `project`. */
    readonly type: string;
    readonly source_id: string;
    /** Absent when the source did not list it. */
    readonly address?: Address;
  }[];
  /** At most so many; they are among the `rows` of the copy. */
  readonly rows: number;
  readonly xact_after: string;
  readonly xact_up_to: string;
};

/** What a `delete` of rows says of them: its `before`. They are named by their ids, which both organizations share. */
export type PlannedRowDeletion = {
  readonly rows: number;
  /** All of them in a `delete`; some of them where it is blocked. */
  readonly ids: readonly string[];
};

/** True of an action that deletes rows of a container, not the container. */
export function deletesRows({ op, address }: Pick<PlannedAction, 'op' | 'address'>): boolean {
  return op === 'delete' && isStreamKind(kindOf(address));
}
