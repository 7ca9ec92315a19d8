import { instantOf } from './instant.ts';
import { InvalidRowError } from './row-limits.ts';
import type { RowScanner } from './scan-row.ts';

const QUOTE = 0x22;
const LETTER_N = 0x6e;
/** What fits into the 24 characters that `created` has: years 0000 to 9999. */
const FIRST_INSTANT = Date.parse('0000-01-01T00:00:00Z');
const LAST_INSTANT = Date.parse('9999-12-31T23:59:59.999Z');

/** The time in member `n`, in milliseconds since 1970; null where the sender left it to the server. Throws InvalidRowError. */
export function sentCreated(bytes: Buffer, scanner: RowScanner, n: number): number | null {
  const start = scanner.valueStart[n] as number;
  const end = scanner.end[n] as number;
  if (bytes[start] !== QUOTE) {
    if (isNullMember(bytes, scanner, n)) return null;
    throw new InvalidRowError('created must be a timestamp');
  }
  const created = instantOf(bytes, start, end);
  if (!(created >= FIRST_INSTANT && created <= LAST_INSTANT)) {
    throw new InvalidRowError('created must be a timestamp');
  }
  return created;
}

export function isNullMember(bytes: Buffer, scanner: RowScanner, n: number): boolean {
  return bytes[scanner.valueStart[n] as number] === LETTER_N;
}
