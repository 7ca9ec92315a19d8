import { type Digest, sha256 } from './fingerprint.ts';
import { canonicalJson } from './json.ts';
import type { ResourceKind, StreamKind } from './kind.ts';
import type { ActionId } from './plan.ts';

/** Which rows a pass reads, besides their container; see `PlannedCopy`. */
export interface PassFilter {
  readonly xactAfter: string | null;
  readonly xactUpTo: string;
  readonly createdAfter: string | null;
  readonly createdBefore: string | null;
}

/** What asks for a pass that writes rows again which refer to something that the destination has by now. */
export interface MendRequest extends Pick<PassRequest, 'runId' | 'stream' | 'container' | 'destinationContainer'> {
  /** `mend:` and the address of the stream. */
  readonly actionId: ActionId;
  readonly filter: PassFilter;
}

/** Identifies the creation window of a pass: with another one, what was copied before says nothing about the rest. */
export function windowDigest({ createdAfter, createdBefore }: Omit<PassFilter, 'xactAfter' | 'xactUpTo'>): Digest {
  return sha256(canonicalJson({ createdAfter, createdBefore }));
}

/**
 * The unit of copying: consecutive rows of one container, by `_pagination_key`. A pass of one process has one range, in
 * either order: reads and, in relaxed order, writes run side by side within it. Several processes may share a pass by cuts.
 *
 * States: `pending` → `leased` (being copied) → `committed`, all ranges of a pass at once, when it is finished. A killed
 * run leaves `leased`; the next one takes it up again behind `position`.
 */
export interface StreamRange {
  readonly id: string;
  readonly actionId: ActionId;
  readonly stream: StreamKind;
  /** Source id of the container; of the project for logs. */
  readonly container: string;
  readonly destinationContainer: string;
  /** Exclusive; null for the first range. */
  readonly lo: string | null;
  /** Inclusive; null for the last range: it ends where the filter does. */
  readonly hi: string | null;
  /** Place among the ranges of its pass, from 0. */
  readonly seq: number;
  readonly filter: PassFilter;
  /** Up to here no row can turn up late any more; the next pass starts behind it. */
  readonly settled: string;
  readonly status: 'pending' | 'leased' | 'committed';
  /** Every row of the range with a key up to this one is acknowledged or quarantined; null before the first. */
  readonly position: string | null;
  /** Rows and bytes acknowledged so far. */
  readonly rows: number;
  readonly bytes: number;
  readonly quarantined: number;
  /** Rows that were left as they are, because they were edited in the destination. */
  readonly kept: number;
}

/**
 * What asks for a pass over one container.
 * - A pass of this container that was left unfinished, by whichever run, with the same creation window and destination, is
 *   taken up: its own bounds hold, and it belongs to the asking action from now on.
 * - A finished pass of the same action that reached `filter.xactUpTo` is given back: nothing is left to be done.
 * - A finished pass of the same action that did not (it was taken up) is followed by one behind what it settled.
 * - Otherwise a new pass begins. One over another destination or creation window forgets what was known of the container.
 */
export interface PassRequest {
  readonly runId: string;
  readonly actionId: ActionId;
  readonly stream: StreamKind;
  readonly container: string;
  readonly destinationContainer: string;
  readonly filter: PassFilter;
  readonly settled: string;
  /** Inclusive upper bounds of the ranges in order of keys; the last is null. One entry unless processes share the pass. */
  readonly cuts: readonly (string | null)[];
}

/** How far a container was copied: what the next plan starts from. Written when a pass is finished. */
export interface StreamProgress {
  readonly stream: StreamKind;
  /** Source id of the container; of the project for logs. */
  readonly container: string;
  readonly destinationContainer: string;
  /** The next pass starts behind it. */
  readonly settled: string;
  /**
   * Rows the pass saw above `settled`, which the next pass sees again because later ones may turn up between them: how
   * many, and the newest transaction of them. A count that equals both finds nothing new.
   */
  readonly windowRows: number;
  readonly windowNewest: string | null;
  /** Greatest key of all passes. */
  readonly lastKey: string | null;
  /** `windowDigest` of the creation window; a different one makes the next pass a whole one. */
  readonly windowDigest: Digest;
  /** In all passes together. */
  readonly rows: number;
  readonly bytes: number;
}

/**
 * What one acknowledged batch records of one range; a batch with rows of several containers has one for each. What was
 * only read, not written, is acknowledged too, with 0 rows.
 */
export interface BatchAck {
  readonly rangeId: string;
  /** The range's new position; null leaves it. */
  readonly upTo: string | null;
  /** Written. */
  readonly rows: number;
  readonly bytes: number;
  /** Not written because they were edited in the destination. */
  readonly kept: number;
  /** `RowDigest` of the rows as they were sent; null when it was not taken. */
  readonly digest: Digest | null;
  /** The destination's transaction; null when nothing was written or the server did not say. */
  readonly xactId: string | null;
  /** Newest source transaction among the rows; null for none. */
  readonly newestXact: string | null;
  /**
   * 8 bytes a row with a transaction above the range's `settled`, whether it was written, kept, or known from the pass
   * before.
   */
  readonly window: Buffer;
  /** Newest transaction among those; null for none. */
  readonly windowNewest: string | null;
  readonly quarantined: readonly QuarantinedRow[];
  /** References that rows of its pages were, or are about to be, written with as they were. */
  readonly unresolved: readonly NotedReference[];
  /** The batch of this range that is done, so that nothing of its `WriteIntent` is left to be found; null for none. */
  readonly intended: number | null;
}

/**
 * Rows of one range that a batch is about to write where the destination may have them already. It is recorded before they
 * are sent and forgotten with their acknowledgement: what a killed run left of it tells its rows from those that people
 * edited.
 */
export interface WriteIntent {
  readonly rangeId: string;
  /** Number of the batch among those of one lane. */
  readonly batch: number;
  /** A transaction of the destination that is older than any that these rows can get. */
  readonly newerThan: string;
  /** What each row will hold, 16 bytes a row: see `hashMeaning`. */
  readonly rows: Buffer;
}

/** What one of our transactions wrote into a container. */
export interface WrittenWindow {
  /** The destination's transaction. */
  readonly xact: string;
  readonly rows: number;
  /** `RowDigest` of the rows as they were sent, in their order; null when it was not taken. */
  readonly digest: Digest | null;
}

/**
 * An id of the source that rows of a container were written with, because the destination had nothing to point at. Once it
 * has, those rows are read and written again, and no others.
 */
export interface UnresolvedReference {
  readonly stream: StreamKind;
  /** Source id of the container. */
  readonly container: string;
  /** As a `ReferenceLookup` is asked; `attachment` of a key. */
  readonly type: string;
  /** Null stands for all those of the type that were too many to be named. */
  readonly sourceId: string | null;
  /** At most so many refer to it: a row that was read twice counts twice. */
  readonly rows: number;
  /** The oldest and newest transactions of the source in which such rows were read; inclusive. */
  readonly firstXact: string;
  readonly lastXact: string;
}

/** The same where the container is known. */
export type NotedReference = Omit<UnresolvedReference, 'stream' | 'container'>;

/** Unresolved references of one container that are remembered by name. */
export const MOST_UNRESOLVED = 1000;

/** Hashes of a late window that are remembered of one pass of a container; rows beyond are written again by the next. */
export const MOST_WINDOW_HASHES = 200_000;

/**
 * A row or an attachment that the destination would not take, or the source would not give. Its body is in a file of its own,
 * never in the state.
 */
export interface QuarantinedRow {
  /** The same for the same row or attachment of the same container, so that what is met twice is one item. */
  readonly id: string;
  readonly stream: StreamKind;
  /** Source id of the container. */
  readonly container: string;
  /** The row's id; null when it has none that can be read. */
  readonly rowId: string | null;
  /** Key of the attachment when it is about one. */
  readonly attachmentKey: string | null;
  /** Bytes; 0 when nobody knows. */
  readonly size: number;
  readonly reason: QuarantineReason;
  /** The server's words, or what was seen of it; cleaned and clipped. */
  readonly detail: string;
  /** Name of the body's file in the quarantine folder; null for an attachment and for a row that could not be read. */
  readonly file: string | null;
}

/** A quarantined row as the state keeps it. */
export interface QuarantineItem extends QuarantinedRow {
  readonly destinationContainer: string;
  readonly runId: string;
  readonly status: 'open' | 'settled';
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

/**
 * Transactions that mean the same content: of all rows of a container, or of a prompt or function. Of a container it is
 * written when a pass is finished that left nothing out.
 */
export interface VersionPair {
  readonly kind: StreamKind | ResourceKind;
  /** Source id of the container or object. */
  readonly sourceId: string;
  readonly source: string;
  readonly destination: string;
}
