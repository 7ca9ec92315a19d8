import type { Json } from './json.ts';

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
