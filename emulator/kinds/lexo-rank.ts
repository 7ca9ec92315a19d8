import type { StoredObject } from '../store/object-table.ts';

const FIRST = Number.parseInt('hzzzzz', 36);
const STEP = 8;

/** A position after all of `siblings`: `0|<six base-36 digits>:`, so that text order is display order. */
export function lexoRankAfter(siblings: readonly StoredObject[]): string {
  let last = FIRST - STEP;
  for (const { fields } of siblings) {
    const rank = /^0\|([0-9a-z]{6}):/.exec(String(fields.position))?.[1];
    if (rank !== undefined) last = Math.max(last, Number.parseInt(rank, 36));
  }
  return `0|${(last + STEP).toString(36).padStart(6, '0')}:`;
}
