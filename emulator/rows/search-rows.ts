import { DELAYED, DELETED } from './row-columns.ts';
import type { RowContainer } from './row-container.ts';

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

/** Positions `from` (inclusive) to `to` (exclusive) whose keys are in the range. */
export function keySpan(container: RowContainer, range: RowRange): { from: number; to: number } {
  const { order } = container;
  order.sort();
  const { keyMin, keyMax } = range;
  const from = keyMin === null ? 0 : order.seek(keyMin.high, keyMin.low, keyMin.open);
  let to = keyMax === null ? order.length : order.seek(keyMax.high, keyMax.low, !keyMax.open);
  if (keyMin !== null && keyMax === null) to = order.seek(Number.POSITIVE_INFINITY, 0, false);
  return { from, to };
}

/**
 * Slots of visible rows in the range, in key order or against it, at most `limit`; `accept` has the last word.
 * A row without a key is outside every range of keys.
 */
export function searchRows(
  container: RowContainer,
  range: RowRange,
  descending: boolean,
  limit: number,
  accept: ((slot: number) => boolean) | null,
): number[] {
  const { columns } = container;
  const { from, to } = keySpan(container, range);
  const found: number[] = [];
  for (let step = 0; step < to - from && found.length < limit; step++) {
    const position = descending ? to - 1 - step : from + step;
    const slot = visibleSlot(container, position, range.version, range.now);
    if (slot === -1) continue;
    const created = columns.created[slot] as number;
    if (created < range.createdMin || created > range.createdMax) continue;
    const xact = columns.xact[slot] as number;
    if (xact < range.xactMin || xact > range.xactMax) continue;
    if (accept !== null && !accept(slot)) continue;
    found.push(slot);
  }
  return found;
}
