import type { QuarantinedRow } from '../../domain/stream-state.ts';
import type { BatchPart, RowRun, RowSource } from './row-batch.ts';

/** What a page says of one container of the lane besides rows to be written. */
export interface PageNews {
  /** Newest transaction among all its rows; null for none. */
  newestXact: string | null;
  /** Newest transaction above the range's `settled`; null for none. */
  windowNewest: string | null;
  /** Hashes of late rows that are not written, because they are known or kept. */
  window: Buffer[];
  kept: number;
  known: number;
  readonly quarantined: QuarantinedRow[];
}

/** Late rows of a page: those with a transaction above their range's `settled`. */
export interface LateRows {
  /** One entry a row: 1 when it is late. */
  readonly flags: Uint8Array;
  /** 8 bytes a row. */
  readonly hashes: Buffer;
}

/** A page of rows on its way to the destination; the answer it came from is not held any more. */
export interface ReadyPage extends RowSource {
  /** Rows to be written, without the others between them. */
  readonly parts: readonly BatchPart<ReadyPage>[];
  readonly late: LateRows | null;
  /** One for each container of the lane. */
  readonly news: readonly PageNews[];
  /** Every row with a key up to this one is in this page or an earlier one. */
  readonly completeUpTo: string | null;
  /** Rows that are not acknowledged yet. */
  rowsLeft: number;
  /** Gives its bytes back to the window. */
  release(): void;
}

/** What is written, or at least acknowledged, as one. */
export interface RowBatch {
  readonly run: RowRun<ReadyPage>;
  /** Every row with a key up to this one is in this batch or an earlier one; null when that is not known. */
  readonly upTo: string | null;
  /** Pages that begin in this batch: what they say besides rows is acknowledged with it. */
  readonly opens: readonly ReadyPage[];
}

export function newPageNews(): PageNews {
  return { newestXact: null, windowNewest: null, window: [], kept: 0, known: 0, quarantined: [] };
}
