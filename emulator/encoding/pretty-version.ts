import { parseXact, type Xact } from './xact.ts';

const FACTOR = 205_891_132_094_649n;
const INVERSE = 1_522_336_535_492_693_385n;
const MODULUS = 1n << 64n;

/** The 16-hex-digit form in which people see a transaction id (fact sheet 4.2). */
export function prettyVersion(xact: Xact): string {
  return ((xact * FACTOR) % MODULUS).toString(16).padStart(16, '0');
}

/** Reads a `version` parameter in decimal or pretty form; null when it is neither. */
export function parseVersion(text: string): Xact | null {
  const decimal = parseXact(text);
  if (decimal !== null) return decimal;
  if (!/^[0-9a-f]{16}$/i.test(text)) return null;
  const low = ((BigInt(`0x${text}`) * INVERSE) % MODULUS) & ((1n << 48n) - 1n);
  return (0x0de1n << 48n) | low;
}
