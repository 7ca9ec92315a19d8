import type { PaginationPosition } from './pagination-key.ts';

/** Unpadded standard base64 of the position as 8 big-endian bytes (fact sheet 4.2). */
export function encodeCursor(position: PaginationPosition): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(position);
  return bytes.toString('base64').replace(/=+$/, '');
}

/** Null for anything that `encodeCursor` cannot have written. */
export function decodeCursor(text: string): PaginationPosition | null {
  if (!/^[A-Za-z0-9+/]{11}=?$/.test(text)) return null;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === 8 ? bytes.readBigUInt64BE() : null;
}
