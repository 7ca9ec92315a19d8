import { DELAYED, DELETED, type RowColumns } from './row-columns.ts';
import type { RowContainer } from './row-container.ts';
import { compareKeys } from './row-order.ts';

const MAX_LOW = 0xffff;

/** One end of a range of pagination keys, in the halves of row-columns.ts. */
export interface KeyBound {
  readonly high: number;
  readonly low: number;
  /** The key itself is outside. */
  readonly open: boolean;
}

/** What can be decided from the columns alone. Bounds on `created` and `xact` are inclusive. */
export interface RowRange {
  readonly keyMin: KeyBound | null;
  readonly keyMax: KeyBound | null;
  readonly createdMin: number;
  readonly createdMax: number;
  readonly xactMin: number;
  readonly xactMax: number;
  /** Rows as they were at this transaction (low 48 bits); Infinity for now. */
  readonly version: number;
  /** Milliseconds since 1970; decides about rows that show up late. */
  readonly now: number;
}

export function everything(now: number): RowRange {
  return {
    keyMin: null,
    keyMax: null,
    createdMin: Number.NEGATIVE_INFINITY,
    createdMax: Number.POSITIVE_INFINITY,
    xactMin: Number.NEGATIVE_INFINITY,
    xactMax: Number.POSITIVE_INFINITY,
    version: Number.POSITIVE_INFINITY,
    now,
  };
}

/** The version of the row at a position that a reader sees, or -1. */
export function visibleSlot(container: RowContainer, position: number, version: number, now: number): number {
  const { columns, order, visibleAt } = container;
  let slot = order.slots[position] as number;
  for (;;) {
    const flags = columns.flags[slot] as number;
    const isHidden = (flags & DELAYED) !== 0 && (visibleAt.get(slot) ?? 0) > now;
    if ((columns.xact[slot] as number) <= version && !isHidden) return (flags & DELETED) === 0 ? slot : -1;
    const older = columns.previous[slot] as number;
    if (older === -1 || columns.position[older] !== position) return -1;
    slot = older;
  }
}

/** Positions `from` (inclusive) to `to` (exclusive) whose keys are in the range. A row without a key is in no bounded range. */
function keySpan({ order }: RowContainer, { keyMin, keyMax }: RowRange): { from: number; to: number } {
  order.sort();
  if (keyMin === null && keyMax === null) return { from: 0, to: order.length };
  return {
    from:
      keyMin === null
        ? order.seek(Number.NEGATIVE_INFINITY, MAX_LOW, true)
        : order.seek(keyMin.high, keyMin.low, keyMin.open),
    to:
      keyMax === null
        ? order.seek(Number.POSITIVE_INFINITY, 0, false)
        : order.seek(keyMax.high, keyMax.low, !keyMax.open),
  };
}

export interface RowSearch {
  readonly range: RowRange;
  readonly descending: boolean;
  readonly limit: number;
  /** Has the last word about a row that is in the range. */
  readonly accept: ((slot: number) => boolean) | null;
  /** Only these positions, ascending; null: all. */
  readonly positions: readonly number[] | null;
  /** The answer goes on beyond the limit while rows share the last key. */
  readonly wholeTies: boolean;
}

/** Slots of the visible rows that a search asks for, in key order or against it. */
export function searchRows(container: RowContainer, search: RowSearch): number[] {
  const { columns } = container;
  const { range, limit, accept, positions } = search;
  if (range.xactMin > range.xactMax || range.createdMin > range.createdMax) return [];
  const span = keySpan(container, range);
  const from = positions === null ? span.from : 0;
  const to = positions === null ? span.to : positions.length;
  const found: number[] = [];
  for (let step = 0; step < to - from; step++) {
    const place = search.descending ? to - 1 - step : from + step;
    const position = positions === null ? place : (positions[place] as number);
    if (position < span.from || position >= span.to) continue;
    const slot = visibleSlot(container, position, range.version, range.now);
    if (slot === -1) continue;
    if (found.length >= limit && !(search.wholeTies && isTie(columns, slot, found[found.length - 1]))) break;
    const created = columns.created[slot] as number;
    if (created < range.createdMin || created > range.createdMax) continue;
    const xact = columns.xact[slot] as number;
    if (xact < range.xactMin || xact > range.xactMax) continue;
    if (accept !== null && !accept(slot)) continue;
    found.push(slot);
  }
  return found;
}

function isTie(columns: RowColumns, slot: number, last: number | undefined): boolean {
  return last !== undefined && compareKeys(columns, slot, last) === 0;
}
