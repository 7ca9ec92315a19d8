import { formatPaginationKey } from '../encoding/pagination-key.ts';

const TOP = 0x0de1n << 48n;

/** The pagination key of which a container keeps the upper 48 and lower 16 bits. */
export function paginationKeyText(high: number, low: number): string {
  return formatPaginationKey((BigInt(high) << 16n) | BigInt(low));
}

/** The transaction id of which a container keeps the lower 48 bits. */
export function xactText(low: number): string {
  return (TOP | BigInt(low)).toString();
}
