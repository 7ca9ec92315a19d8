import type { Digest } from './fingerprint.ts';
import type { StreamKind } from './kind.ts';

/** Which rows a pass reads, besides their container; see `PlannedCopy`. */
export interface PassFilter {
  readonly xactAfter: string | null;
  readonly xactUpTo: string;
  readonly createdAfter: string | null;
  readonly createdBefore: string | null;
}

/**
 * The unit of copying: consecutive rows of one container, by `_pagination_key`. A pass in exact order has one range; in
 * relaxed order it has several, which are copied side by side.
 *
 * States: `pending` → `leased` (being copied) → `committed`. A killed run leaves `leased`; the next one takes it up again
 * behind `position`.
 */
export interface StreamRange {
  readonly id: string;
  readonly stream: StreamKind;
  /** Source id of the container. */
  readonly container: string;
  readonly destinationContainer: string;
  /** Exclusive; null for the first range. */
  readonly lo: string | null;
  /** Inclusive; null for the last range: it ends where the filter does. */
  readonly hi: string | null;
  /** Place among the ranges of its pass, from 0. */
  readonly seq: number;
  readonly filter: PassFilter;
  readonly filterDigest: Digest;
  /** Up to here no row can turn up late any more; the next pass starts behind it. */
  readonly settled: string;
  readonly status: 'pending' | 'leased' | 'committed';
  /** Every row of the range with a key up to this one is acknowledged or quarantined; null before the first. */
  readonly position: string | null;
  /** Rows and bytes acknowledged so far. */
  readonly rows: number;
  readonly bytes: number;
  readonly quarantined: number;
}

/** What asks for a pass. The same `actionId` in the same run gets the ranges it already has. */
export interface PassRequest {
  readonly runId: string;
  readonly actionId: string;
  readonly stream: StreamKind;
  readonly container: string;
  readonly destinationContainer: string;
  readonly filter: PassFilter;
  readonly settled: string;
  /** Inclusive upper bounds of the ranges in order of keys; the last is null. One entry in exact order. */
  readonly cuts: readonly (string | null)[];
}

/** How far a container was copied: what the next plan starts from. Written when a pass is finished. */
export interface StreamProgress {
  readonly stream: StreamKind;
  readonly container: string;
  readonly destinationContainer: string;
  /** The next pass starts behind it. */
  readonly settled: string;
  /**
   * Rows the pass saw above `settled`, which the next pass sees again because later ones may turn up between them: how
   * many, and the newest. A count that equals both finds nothing new.
   */
  readonly windowRows: number;
  readonly windowNewest: string | null;
  readonly lastKey: string | null;
  /** Digest of the creation window; a different one makes the next pass a whole one. */
  readonly windowDigest: Digest;
  /** In all passes together. */
  readonly rows: number;
  readonly bytes: number;
}

/** What one acknowledged batch records, in one transaction. */
export interface BatchAck {
  readonly rangeId: string;
  /** The range's new position; null leaves it. */
  readonly upTo: string | null;
  readonly rows: number;
  readonly bytes: number;
  /** sha256 over the rows as they were sent, for `verify`. */
  readonly digest: Digest | null;
  /** The destination's transaction. */
  readonly xactId: string | null;
  /** 8 bytes a row with a transaction above `settled`: `windowHash(id, xact)`. */
  readonly window: Buffer;
  readonly quarantined: readonly QuarantinedRow[];
}

/** A row or an attachment that the destination would not take. Its body is in a file of its own, never in the state. */
export interface QuarantinedRow {
  readonly id: string;
  readonly stream: StreamKind;
  readonly container: string;
  /** The row's id; null when it has none that can be read. */
  readonly rowId: string | null;
  /** Key of the attachment when it is about one. */
  readonly attachmentKey: string | null;
  /** Bytes. */
  readonly size: number;
  readonly reason: QuarantineReason;
  /** The server's words, cleaned and clipped. */
  readonly detail: string;
  /** Name of the body's file in the quarantine folder; null when there is no body. */
  readonly file: string | null;
}

export const QUARANTINE_REASONS = [
  'rejected',
  'too_large',
  'unreadable',
  'attachment_uploading',
  'attachment_missing',
  'attachment_failed',
  'attachment_too_large',
] as const;
export type QuarantineReason = (typeof QUARANTINE_REASONS)[number];

/** Which attachment became which. */
export interface CopiedBlob {
  readonly sourceKey: string;
  readonly destinationKey: string;
  /** Bytes. */
  readonly size: number;
}

/** Transactions that mean the same content: `destination` is null when it is not known. */
export interface VersionPair {
  readonly stream: StreamKind;
  readonly container: string;
  readonly source: string;
  readonly destination: string;
}
