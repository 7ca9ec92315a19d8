import type { Container } from '../../domain/row-io.ts';
import type { RowTally } from '../row-tally.ts';
import { rowText, type SplicedPage } from '../splice-page.ts';
import type { DoubtfulRows } from './doubtful-rows.ts';
import type { OpenIntents } from './open-intents.ts';
import { type LateRows, newPageNews, type PageNews } from './ready-page.ts';
import type { RowBounds } from './row-bounds.ts';
import { compareBytes, compareNumbers } from './text-order.ts';
import { HASH_BYTES, type HashSet64, hashRow } from './window-hash.ts';

/** One container of a lane, as its rows are looked at. */
export interface LaneContainer {
  readonly destination: Container;
  /** Null in a lane of one range: the query has its bounds. */
  readonly bounds: RowBounds | null;
  /** Bytes of the transaction above which rows are late. */
  readonly settled: Buffer;
  /** Late rows that were written before; null for none. */
  readonly known: HashSet64 | null;
  /** Bytes of the greatest key that may be in the destination already; `all` or `none`. */
  readonly collision: Buffer | 'all' | 'none';
  /** Ids of rows that somebody edited while no run went on, whatever their keys; null for none. */
  readonly touched: ReadonlySet<string> | null;
  /** Rows that an attempt which ended early may have written, or people have edited since; null for none. */
  readonly doubtful: DoubtfulRows | null;
  /** The destination's transactions that were ours; only asked of rows that may collide. */
  readonly ours: Set<string>;
  /** What a killed run may have written here and cannot be read for certain yet. */
  readonly openIntents: OpenIntents | null;
  /** Added to by each page. */
  readonly tally: RowTally;
}

/** What the rows of a page turned out to be. */
export interface PageLook {
  /** One for each container. */
  readonly news: readonly PageNews[];
  late: LateRows | null;
  /** One entry a row: 1 when it is not written; null while all are. */
  leftOut: Uint8Array | null;
  /** Indexes of rows that may be in the destination already, and of rows that have no id. */
  colliding: number[];
  /** Of other rows, those of which it is in doubt who wrote them there. */
  readonly doubtful: number[];
  readonly withoutId: number[];
  /** Whether every row has a key and none is lower than the one before. */
  ascending: boolean;
}

/** One walk over all rows, without an object, a text or an iterator of any of them: a million rows make much garbage. */
export function lookAtRows(page: SplicedPage, containers: readonly LaneContainer[]): PageLook {
  const { count, ids, paginationKeys: keys, xactIds: xacts } = page;
  const { bytes } = page.source;
  const news = containers.map(newPageNews);
  const look: PageLook = {
    news,
    late: null,
    leftOut: null,
    colliding: [],
    doubtful: [],
    withoutId: [],
    ascending: true,
  };
  const newest = new Int32Array(containers.length).fill(-1);
  const newestLate = new Int32Array(containers.length).fill(-1);
  for (let n = 0; n < count; n++) {
    const at = page.containers[n] as number;
    const lane = containers[at] as LaneContainer;
    if (look.ascending) look.ascending = ascends(page, n);
    if (lane.bounds !== null && !lane.bounds.include(page, n)) {
      leaveOut(page, look, n);
      continue;
    }
    const start = xacts.starts[n] as number;
    if (start >= 0) {
      if (isNewer(page, n, newest[at] as number)) newest[at] = n;
      if (compareNumbers(bytes, start, xacts.ends[n] as number, lane.settled, 0, lane.settled.length) > 0) {
        if (isNewer(page, n, newestLate[at] as number)) newestLate[at] = n;
        if (noteLate(look, page, n, lane)) continue;
      } else if (lane.known !== null && isKnown(page, n, lane.known)) {
        // Late for the pass before, not any more for this one: written, and nothing to remember.
        (news[at] as PageNews).known += 1;
        leaveOut(page, look, n);
        continue;
      }
    }
    if ((ids.starts[n] as number) < 0) look.withoutId.push(n);
    else if (mayCollide(bytes, keys.starts[n] as number, keys.ends[n] as number, lane.collision))
      look.colliding.push(n);
    else if (lane.doubtful?.has(rowText(page, ids, n)) === true) look.doubtful.push(n);
    else if (isTouched(page, n, lane)) look.colliding.push(n);
  }
  for (const [n, one] of news.entries()) {
    one.newestXact = xactText(page, newest[n] as number);
    one.windowNewest = xactText(page, newestLate[n] as number);
  }
  return look;
}

/** Does not write a row; a late one is remembered all the same, because the next pass reads it again. */
export function leaveOut(page: SplicedPage, look: PageLook, row: number): void {
  look.leftOut ??= new Uint8Array(page.count);
  look.leftOut[row] = 1;
  if (look.late?.flags[row] !== 1) return;
  const hash = look.late.hashes.subarray(row * HASH_BYTES, (row + 1) * HASH_BYTES);
  look.news[page.containers[row] as number]?.window.push(hash);
}

function ascends({ source: { bytes }, paginationKeys: { starts, ends } }: SplicedPage, row: number): boolean {
  const start = starts[row] as number;
  if (start < 0) return false;
  if (row === 0) return true;
  return (
    compareBytes(bytes, start, ends[row] as number, bytes, starts[row - 1] as number, ends[row - 1] as number) >= 0
  );
}

function isNewer({ source: { bytes }, xactIds: { starts, ends } }: SplicedPage, row: number, than: number): boolean {
  if (than < 0) return true;
  const start = starts[row] as number;
  return compareNumbers(bytes, start, ends[row] as number, bytes, starts[than] as number, ends[than] as number) > 0;
}

function xactText(page: SplicedPage, row: number): string | null {
  return row < 0 ? null : rowText(page, page.xactIds, row);
}

/** True when the row was written before. */
function noteLate(look: PageLook, page: SplicedPage, row: number, { known }: LaneContainer): boolean {
  const { ids, xactIds, source } = page;
  const idStart = ids.starts[row] as number;
  if (idStart < 0) return false;
  look.late ??= { flags: new Uint8Array(page.count), hashes: Buffer.alloc(page.count * HASH_BYTES) };
  const { flags, hashes } = look.late;
  const at = row * HASH_BYTES;
  flags[row] = 1;
  const xactStart = xactIds.starts[row] as number;
  hashRow(source.bytes, idStart, ids.ends[row] as number, xactStart, xactIds.ends[row] as number, hashes, at);
  if (known === null || !known.has(hashes, at)) return false;
  (look.news[page.containers[row] as number] as PageNews).known += 1;
  leaveOut(page, look, row);
  return true;
}

const hash = Buffer.alloc(HASH_BYTES);

function isKnown({ ids, xactIds, source }: SplicedPage, row: number, known: HashSet64): boolean {
  const start = ids.starts[row] as number;
  if (start < 0) return false;
  const xactStart = xactIds.starts[row] as number;
  hashRow(source.bytes, start, ids.ends[row] as number, xactStart, xactIds.ends[row] as number, hash, 0);
  return known.has(hash, 0);
}

function isTouched(page: SplicedPage, row: number, { touched }: LaneContainer): boolean {
  return touched?.has(rowText(page, page.ids, row) ?? '') === true;
}

function mayCollide(bytes: Buffer, start: number, end: number, upTo: LaneContainer['collision']): boolean {
  if (upTo === 'none') return false;
  return upTo === 'all' || start < 0 || compareBytes(bytes, start, end, upTo, 0, upTo.length) <= 0;
}
