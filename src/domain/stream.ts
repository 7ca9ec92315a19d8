import type { Json } from './json.ts';
import type { StreamKind } from './kind.ts';

/** A container of rows in one organization. */
export interface Container {
  readonly stream: StreamKind;
  readonly id: string;
}

/**
 * Which rows of a container, in terms of the source: all bounds are texts that sort bytewise. `_pagination_key` is the
 * insertion order and never moves; `_xact_id` moves with every edit (fact sheet 4.2). Xact ids are compared as numbers.
 */
export interface RowFilter {
  /** Exclusive, or inclusive when `reread` is set. */
  readonly keyAfter: string | null;
  /** Inclusive; null is open. */
  readonly keyUpTo: string | null;
  /** Exclusive; set in an edit pass. */
  readonly xactAfter: string | null;
  /** Inclusive: the watermark. */
  readonly xactUpTo: string;
  /** Inclusive, ISO-8601. */
  readonly createdAfter: string | null;
  /** Exclusive, ISO-8601. */
  readonly createdBefore: string | null;
}

/** The rows of one answer, found but not read: row `n` is `bytes[starts[n]..ends[n])`, from its `{` to after its `}`. */
export interface RowPage {
  readonly bytes: Buffer;
  readonly count: number;
  /** Offsets into `bytes`; the arrays may be longer than `count`. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** One entry per row: 1 when the row holds the text `braintrust_attachment` somewhere; null when no row does. */
  readonly attachments: Uint8Array | null;
  readonly envelope: PageEnvelope;
}

/** What an answer says besides rows (fact sheet 5.2); all null for `jsonl`, which has rows only. */
export interface PageEnvelope {
  readonly cursor: string | null;
  readonly realtimeState: Json | null;
  readonly freshnessState: Json | null;
}

/** How many rows a container holds within a filter, and where. */
export interface RowCount {
  readonly containerId: string;
  readonly rows: number;
  readonly firstKey: string | null;
  readonly lastKey: string | null;
}
