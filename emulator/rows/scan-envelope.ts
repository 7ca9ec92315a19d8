import { JsonSyntaxError, skipSpace, skipString, skipValue } from './scan-json.ts';
import type { RowScanner } from './scan-row.ts';

const COMMA = 0x2c;

/**
 * Walks a request body `{"<name>":[row, …], …}` once and calls `onRow` after `scanner` has scanned each row.
 * Answers the other members as JSON text. An array member of another name is only skipped.
 * Throws JsonSyntaxError.
 */
export function scanEnvelope(bytes: Buffer, name: string, scanner: RowScanner, onRow: () => void): Map<string, string> {
  const others = new Map<string, string>();
  let at = skipSpace(bytes, 0);
  if (bytes[at] !== 0x7b) throw new JsonSyntaxError('Expected an object', at);
  at = skipSpace(bytes, at + 1);
  while (bytes[at] !== 0x7d) {
    if (bytes[at] !== 0x22) throw new JsonSyntaxError('Expected a key', at);
    const keyEnd = skipString(bytes, at + 1);
    const key = bytes.toString('utf8', at + 1, keyEnd - 1);
    at = skipSpace(bytes, keyEnd);
    if (bytes[at] !== 0x3a) throw new JsonSyntaxError('Expected :', at);
    at = skipSpace(bytes, at + 1);
    if (key === name && bytes[at] === 0x5b) at = scanRows(bytes, at, scanner, onRow);
    else {
      const end = skipValue(bytes, at);
      others.set(key, bytes.toString('utf8', at, end));
      at = end;
    }
    at = skipSpace(bytes, at);
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1);
    else if (bytes[at] !== 0x7d) throw new JsonSyntaxError('Expected , or }', at);
  }
  if (skipSpace(bytes, at + 1) < bytes.length) throw new JsonSyntaxError('Unexpected text', at + 1);
  return others;
}

/** Walks an array of rows; answers the offset after it. Throws JsonSyntaxError. */
export function scanRows(bytes: Buffer, at: number, scanner: RowScanner, onRow: () => void): number {
  let i = skipSpace(bytes, at + 1);
  if (bytes[i] === 0x5d) return i + 1;
  for (;;) {
    const end = scanner.scan(bytes, i);
    onRow();
    i = skipSpace(bytes, end);
    if (bytes[i] === COMMA) i = skipSpace(bytes, i + 1);
    else if (bytes[i] === 0x5d) return i + 1;
    else throw new JsonSyntaxError('Expected , or ]', i);
  }
}
