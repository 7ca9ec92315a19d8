import {
  CLOSE_BRACE,
  COMMA,
  isText,
  MalformedJsonError,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipColon,
  skipSpace,
  skipString,
  skipValue,
} from './json-bytes.ts';
import { quoted } from './object-members.ts';
import type { SplicedRow } from './spliced-row.ts';

/** Keys of `metadata` whose values may hold ids of the source organization (fact sheet 3.2). */
export const PROMPT = quoted('prompt');
export const ASSIGNMENTS = quoted('~__bt_assignments');

/**
 * Skips the value of `metadata` like `skipValue`, and sets `row.metadataStart` to 0 when one of its keys may hold a
 * reference, else to -1. Throws MalformedJsonError.
 */
export function scanMetadata(bytes: Buffer, at: number, row: SplicedRow): number {
  row.metadataStart = -1;
  if (bytes[at] !== OPEN_BRACE) return skipValue(bytes, at);
  let i = skipSpace(bytes, at + 1);
  if (bytes[i] === CLOSE_BRACE) return i + 1;
  for (;;) {
    const key = i;
    if (bytes[key] !== QUOTE) throw new MalformedJsonError('Expected a key', key);
    const keyEnd = skipString(bytes, key);
    const value = skipColon(bytes, keyEnd);
    const first = bytes[value];
    if (first === OPEN_BRACE) {
      if (isText(bytes, key, keyEnd, PROMPT)) row.metadataStart = 0;
    } else if (first === OPEN_BRACKET && isText(bytes, key, keyEnd, ASSIGNMENTS)) row.metadataStart = 0;
    i = skipSpace(bytes, skipValue(bytes, value));
    if (bytes[i] === CLOSE_BRACE) return i + 1;
    if (bytes[i] !== COMMA) throw new MalformedJsonError('Expected , or }', i);
    i = skipSpace(bytes, i + 1);
  }
}
