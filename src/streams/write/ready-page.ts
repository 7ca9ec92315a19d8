import type { NotedReference, QuarantinedRow } from '../../domain/stream-state.ts';
import type { BatchPart, RowRun, RowSource } from './row-batch.ts';
import { HASH_BYTES } from './window-hash.ts';

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
  /** References that its rows keep as they are, each once. */
  unresolved: readonly NotedReference[];
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
  /** One entry a row: 1 when the destination may have it already. Null when it can have none. */
  readonly colliding: Uint8Array | null;
  /** One for each container of the lane. */
  readonly news: readonly PageNews[];
  /** Every row with a key up to this one is in this page or an earlier one. */
  readonly completeUpTo: string | null;
  /** The greatest key of its rows; null when their keys do not ascend. */
  readonly lastKey: string | null;
  /** Rows that are not acknowledged yet. */
  rowsLeft: number;
  /** Gives its bytes back to the window. */
  release(): void;
}

/** What is written, or at least acknowledged, as one. */
export interface RowBatch {
  /** Counted from 0 within its lane. */
  readonly number: number;
  readonly run: RowRun<ReadyPage>;
  /** Every row with a key up to this one is in this batch or an earlier one; null when that is not known. */
  readonly upTo: string | null;
  /** Pages that begin in this batch: what they say besides rows is acknowledged with it. */
  readonly opens: readonly ReadyPage[];
}

export function newPageNews(): PageNews {
  return { newestXact: null, windowNewest: null, window: [], kept: 0, known: 0, quarantined: [], unresolved: [] };
}

/** A page of its own with copies of some rows, which keeps nothing of the page that they came from. */
export function copyOfRows(page: ReadyPage, parts: readonly BatchPart[]): ReadyPage {
  const rows = parts.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, n) => from + n));
  const texts = rows.map((n) => page.bytes.subarray(page.starts[n], page.ends[n]));
  const starts = new Uint32Array(rows.length);
  const ends = new Uint32Array(rows.length);
  let at = 0;
  for (const [n, { length }] of texts.entries()) {
    starts[n] = at;
    ends[n] = at + length;
    at += length + 1;
  }
  const { late, colliding } = page;
  const copied: BatchPart<ReadyPage>[] = [];
  const copy: ReadyPage = {
    bytes: Buffer.from(texts.map((text) => text.toString('latin1')).join(','), 'latin1'),
    starts,
    ends,
    containers: Uint16Array.from(rows, (n) => page.containers[n] as number),
    parts: copied,
    late: late && {
      flags: Uint8Array.from(rows, (n) => late.flags[n] as number),
      hashes: Buffer.concat(rows.map((n) => late.hashes.subarray(n * HASH_BYTES, (n + 1) * HASH_BYTES))),
    },
    colliding: colliding && Uint8Array.from(rows, (n) => colliding[n] as number),
    news: page.news.map(newPageNews),
    completeUpTo: null,
    lastKey: null,
    rowsLeft: rows.length,
    release: () => undefined,
  };
  copied.push({ source: copy, from: 0, to: rows.length });
  return copy;
}
