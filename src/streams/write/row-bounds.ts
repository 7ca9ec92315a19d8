import type { StreamRange } from '../../domain/stream-state.ts';
import type { SplicedPage, TextColumn } from '../splice-page.ts';
import { compareBytes, compareNumbers } from './text-order.ts';

type Compare = typeof compareBytes;

/**
 * The bounds of one range, for rows that were read by a query with wider ones, because several containers share it.
 * Creation times are the same for all containers of a lane and need no check.
 */
export class RowBounds {
  private readonly keyAfter: Buffer | null;
  private readonly keyUpTo: Buffer | null;
  private readonly xactAfter: Buffer | null;
  private readonly xactUpTo: Buffer;

  constructor({ position, lo, hi, filter }: StreamRange) {
    this.keyAfter = bytesOf(position ?? lo);
    this.keyUpTo = bytesOf(hi);
    this.xactAfter = bytesOf(filter.xactAfter);
    this.xactUpTo = Buffer.from(filter.xactUpTo);
  }

  /** A row without a key is in every range of keys: nothing tells where it belongs, and writing it twice does no harm. */
  include(page: SplicedPage, row: number): boolean {
    return (
      this.holds(page, page.paginationKeys, row, this.keyAfter, this.keyUpTo, compareBytes) &&
      this.holds(page, page.xactIds, row, this.xactAfter, this.xactUpTo, compareNumbers)
    );
  }

  private holds(
    { source: { bytes } }: SplicedPage,
    column: TextColumn,
    row: number,
    after: Buffer | null,
    upTo: Buffer | null,
    compare: Compare,
  ): boolean {
    const start = column.starts[row] as number;
    if (start < 0) return true;
    const end = column.ends[row] as number;
    if (after !== null && compare(bytes, start, end, after, 0, after.length) <= 0) return false;
    return upTo === null || compare(bytes, start, end, upTo, 0, upTo.length) <= 0;
  }
}

function bytesOf(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text);
}
