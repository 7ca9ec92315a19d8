import type { OrgReader } from '../../domain/org.ts';
import type { Container, RowFilter, RowId } from '../../domain/row-io.ts';
import type { RowPage } from '../../domain/stream.ts';
import type { ByteWindow } from '../byte-window.ts';
import type { BufferPool } from '../write/buffer-pool.ts';
import type { ReadConditions } from './read-conditions.ts';

export interface ReadRequest {
  /** Of one stream kind, at most 25; their rows come mixed, in order of keys. */
  readonly containers: readonly [Container, ...Container[]];
  /** `keyAfter` is exclusive: a resumed pass gives its position. */
  readonly filter: RowFilter;
  /** See `PageRequest`. */
  readonly columns?: 'names';
  /** `named`: a row that the server does not give stands in its place by its names; else it ends the reading. */
  readonly unserved?: 'named';
  /** Rows within `filter`, all containers together, when they were counted; null when nobody counted. */
  readonly expected: number | null;
  /** The greatest key of these rows; null when nobody counted or no row has a key. */
  readonly lastKey: string | null;
}

export interface ReadDeps {
  readonly reader: OrgReader;
  readonly window: ByteWindow;
  /** Memory for pages; fresh memory for each when left out. */
  readonly buffers?: BufferPool;
  readonly conditions: ReadConditions;
  readonly signal: AbortSignal;
  /** Milliseconds, of a clock that only goes forward. */
  readonly now: () => number;
}

/** A row that the server does not give, although it gives others. */
export interface UnservedRow {
  readonly row: RowId;
  /** A sentence that does not name the row. */
  readonly why: string;
  /** As far as they are known; else 0. */
  readonly bytes: number;
}

export interface ReadPage {
  /** At least one row; none of them was in an earlier page. */
  readonly page: RowPage;
  /** Every row with a key up to this one is in this page or an earlier one; never falls. Null before the first such key. */
  readonly completeUpTo: string | null;
  /** Set on a page of one row that the server did not give: it holds its names only. */
  readonly unserved: UnservedRow | null;
  /** Gives the page's memory to the next page that is read: nobody may look at `page.bytes` any more. */
  recycle(): void;
  /** Gives the page's bytes back to the window: neither the page nor what it was made into is held any more. */
  release(): void;
}
