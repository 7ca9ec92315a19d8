import type { Xact } from './xact.ts';

const LOW_48 = (1n << 48n) - 1n;

/** Position of a row: `(first xact & (2^48-1))<<16 | row number in that transaction`. Order of insertion (fact sheet 4.2). */
export type PaginationPosition = bigint;

export function paginationPosition(firstXact: Xact, rowIndex: number): PaginationPosition {
  return ((firstXact & LOW_48) << 16n) | BigInt(rowIndex);
}

/** `p` and 20 digits, so that text order is insertion order. */
export function formatPaginationKey(position: PaginationPosition): string {
  return `p${position.toString().padStart(20, '0')}`;
}

/** Null when the text is not a pagination key. */
export function parsePaginationKey(text: string): PaginationPosition | null {
  return /^p\d{20}$/.test(text) ? BigInt(text.slice(1)) : null;
}
