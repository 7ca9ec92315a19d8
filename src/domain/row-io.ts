import type { StreamKind } from './kind.ts';

/** A container of rows in one organization. */
export interface Container {
  readonly stream: StreamKind;
  readonly id: string;
}

/**
 * Which rows of a container; null leaves a bound open. `_pagination_key` is the order of insertion and never moves,
 * `_xact_id` moves with every edit (fact sheet 4.2). Keys and transaction ids are what the server gave.
 */
export interface RowFilter {
  /** Exclusive; inclusive in a page that starts `at_key`. */
  readonly keyAfter: string | null;
  /** Inclusive. */
  readonly keyUpTo: string | null;
  /** Exclusive; set in an edit pass. */
  readonly xactAfter: string | null;
  /** Inclusive. */
  readonly xactUpTo: string | null;
  /** Inclusive, ISO-8601. */
  readonly createdAfter: string | null;
  /** Exclusive, ISO-8601. */
  readonly createdBefore: string | null;
}

/** Every row of a container. */
export const NO_FILTER: RowFilter = {
  keyAfter: null,
  keyUpTo: null,
  xactAfter: null,
  xactUpTo: null,
  createdAfter: null,
  createdBefore: null,
};

/** How far a container can be read now. */
export interface Watermark {
  /** Newest transaction that reads can show: a pass reads up to here. */
  readonly visible: string;
  /**
   * The transaction up to which nothing can turn up late any more: `visible`, but at least 60 s before the server's now.
   * The next pass starts behind it. It equals `visible` in a container that has been quiet for a minute.
   */
  readonly settled: string;
}

/** What is to be counted: the rows of a container within a filter of its own. */
export interface CountRequest {
  readonly container: Container;
  readonly filter: RowFilter;
}

export interface CountOptions {
  /** Most containers of one query; 25 unless told. */
  readonly together?: number;
  /** Also counts the rows that hold what no insert accepts. */
  readonly unaccepted?: boolean;
}

/**
 * Columns that rows may be read with and that no insert accepts (fact sheet 4.1). `audit_data` is one more, of every row: it
 * is the list of its writes.
 */
export const UNACCEPTED_COLUMNS = ['classifications', 'comments', '_async_scoring_state'] as const;
export type UnacceptedColumn = (typeof UNACCEPTED_COLUMNS)[number];

/** How many rows a container holds within a filter, and where. Keys are null when no row has one. */
export interface RowCount {
  readonly container: Container;
  readonly rows: number;
  /** The newest transaction of these rows; null without rows. */
  readonly newest: string | null;
  readonly firstKey: string | null;
  readonly lastKey: string | null;
  /** The earliest `created` of these rows, ISO-8601; null without rows. */
  readonly oldest: string | null;
  /** Rows in which a column is not null, of those where there are any; null when nobody asked or the server cannot say. */
  readonly unaccepted: Readonly<Partial<Record<UnacceptedColumn, number>>> | null;
  readonly watermark: Watermark;
}

/**
 * Where a page starts.
 * `after_key`: behind `filter.keyAfter`, in order of keys. `at_key`: the same with the rows of that key, because rows may
 * share one. `cursor`: behind the page that brought it. `among_ties`: the rows of one key (null: those without one) in
 * order of id, behind `idAfter`; for more ties than a page holds, where a cursor may skip some.
 */
export type PageStart =
  | { readonly at: 'after_key' | 'at_key' }
  | { readonly at: 'cursor'; readonly cursor: string }
  | { readonly at: 'among_ties'; readonly key: string | null; readonly idAfter: string | null };

/** A row of one organization: ids are only unique within a container. */
export interface RowId {
  /** Id of the container. */
  readonly container: string;
  readonly id: string;
}

export interface PageRequest {
  /** Of one stream kind, at most 25: rows of several come mixed, in order of keys, and name their container. */
  readonly containers: readonly [Container, ...Container[]];
  readonly filter: RowFilter;
  readonly start: PageStart;
  /** `names`: of each row only id, key, transaction and container; whole rows when left out. */
  readonly columns?: 'names';
  /** Rows that are not answered. */
  readonly without?: readonly RowId[];
  /** Most rows; fewer are asked for when the server could not give so many before. */
  readonly rows: number;
  /** Bytes a page should not exceed; a single row may. */
  readonly bytes: number;
  /** Memory for so many bytes, which the answer may be put into; its own when left out. May be asked several times. */
  readonly allocate?: (bytes: number) => Buffer;
}

/** One answer as it came. Only an empty one proves an end: a page may be shorter than asked. */
export interface RowBytes {
  readonly bytes: Buffer;
  /** A row a line, or `{"data":[…rows],…}` (fact sheet 5.2). */
  readonly format: 'jsonl' | 'json';
  readonly cursor: string | null;
  /** Rows that were asked for in the end. */
  readonly asked: number;
  /** The server held this read back with a 429 before it answered. */
  readonly limited: boolean;
  /** Milliseconds until the answer began: what more reads at once can hide, unlike the time its bytes take. */
  readonly waitedMs: number;
}

/** Which keys to sample: those that end in `suffix`, so that a digit more means a tenth of them. */
export interface SampleRequest {
  readonly containers: readonly [Container, ...Container[]];
  readonly filter: RowFilter;
  readonly suffix: string;
}

/** Which rows to name: the first of all that match, over several containers of one stream kind. */
export interface NamesRequest {
  /** At most 25. */
  readonly containers: readonly [Container, ...Container[]];
  readonly filter: RowFilter;
  /** Only rows with these ids, by id of their container; at most 500 together. */
  readonly ids?: ReadonlyMap<string, readonly string[]>;
  /** At most 1,000. */
  readonly rows: number;
}

/** What one write of rows may hold. */
export interface PayloadLimits {
  /** Bytes of a body. */
  readonly bytes: number;
  /** Rows of a staged batch, of which there is one description each; 0 when batches cannot be staged. */
  readonly stagedRows: number;
}

/** A body `{"rows":[…],"api_version":2}` (fact sheet 4.4) in pieces, and how many rows are in it. */
export interface RowBody {
  readonly body: readonly Buffer[];
  readonly rowCount: number;
}

/** What the server wants to know of the rows of a staged batch before it sees them (fact sheet 4.5). */
export interface StageRequest extends RowBody {
  /** Destination containers with the sizes of their rows in bytes, in the order of the rows. */
  readonly parts: readonly { readonly container: Container; readonly sizes: ArrayLike<number> }[];
}

/** A batch that was uploaded and is not visible before it is committed. */
export interface StagedBatch {
  readonly key: string;
  readonly rowCount: number;
}

export interface WrittenRows {
  /** The transaction they got; null when the server does not say. */
  readonly xactId: string | null;
}

/** The attachment a row refers to (fact sheet section 6). */
export interface BlobRef {
  readonly key: string;
  readonly filename: string;
  readonly contentType: string;
}

/** An attachment's bytes, or why there are none: it was never uploaded, its upload failed, or nobody knows the key. */
export type OpenedBlob =
  | {
      readonly status: 'done';
      /** Null when the store does not tell. */
      readonly size: number | null;
      /** Must be read to its end or destroyed. */
      readonly stream: AsyncIterable<Buffer> & { destroy(): void };
    }
  | { readonly status: 'uploading' | 'missing' }
  | { readonly status: 'error'; readonly message: string };

export interface BlobUpload {
  readonly filename: string;
  readonly contentType: string;
  readonly size: number;
  /** Opens the bytes from their start; called again when the upload has to be repeated. */
  open(): Promise<AsyncIterable<Buffer>>;
}
