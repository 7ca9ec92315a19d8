import type { RowContainer } from './row-container.ts';
import { everything, searchRows } from './search-rows.ts';

/** Slots of all rows that can be read now, oldest first. @param now milliseconds since 1970 */
export function visibleSlots(container: RowContainer, now: number): number[] {
  return searchRows(container, {
    range: everything(now),
    descending: false,
    limit: Number.POSITIVE_INFINITY,
    accept: null,
    positions: null,
    wholeTies: false,
  });
}

export type ParsedRow = Readonly<Record<string, unknown>>;

/** The same rows parsed, for sums over few of them. */
export function parsedRows(container: RowContainer | undefined, now: number): ParsedRow[] {
  if (container === undefined) return [];
  return visibleSlots(container, now).map((slot) => JSON.parse(container.bytesOf(slot).toString('utf8')) as ParsedRow);
}
