import { skipSpace, skipValue } from './scan-json.ts';
import { RowScanner } from './scan-row.ts';

/**
 * JSON text one character per byte ('latin1'), so that whatever bytes a user sent pass through unchanged.
 * Numbers, escapes and key order survive, because values are moved about and never parsed.
 */
export type RawJson = string;

/** An object as its members in order; the key of the map is the decoded key, again one character per byte. */
export type RawObject = Map<string, { readonly key: RawJson; readonly value: RawJson }>;

/** The members of the row or object that was scanned last; of equal keys the last one counts. */
export function membersOf(bytes: Buffer, scanner: RowScanner): RawObject {
  const members: RawObject = new Map();
  for (let n = 0; n < scanner.count; n++) {
    const key = bytes.toString('latin1', scanner.start[n], scanner.keyEnd[n]);
    members.set(decodeKey(key), { key, value: bytes.toString('latin1', scanner.valueStart[n], scanner.end[n]) });
  }
  return members;
}

/** Reads an object; null when the text is another kind of value. */
export function parseRawObject(text: RawJson): RawObject | null {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes[0] !== 0x7b) return null;
  const scanner = new RowScanner();
  scanner.scan(bytes, 0);
  return membersOf(bytes, scanner);
}

/** Reads the elements of an array; null when the text is another kind of value. */
export function parseRawArray(text: RawJson): RawJson[] | null {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes[0] !== 0x5b) return null;
  const elements: RawJson[] = [];
  let at = skipSpace(bytes, 1);
  while (bytes[at] !== 0x5d) {
    const end = skipValue(bytes, at);
    elements.push(bytes.toString('latin1', at, end));
    at = skipSpace(bytes, end);
    if (bytes[at] === 0x2c) at = skipSpace(bytes, at + 1);
  }
  return elements;
}

export function printRawObject(object: RawObject): RawJson {
  return `{${[...object.values()].map(({ key, value }) => `${key}:${value}`).join(',')}}`;
}

export function setRaw(object: RawObject, name: string, value: RawJson): void {
  object.set(name, { key: object.get(name)?.key ?? JSON.stringify(name), value });
}

/** The value as a JavaScript value, with what JavaScript loses. */
export function decodeRaw(text: RawJson): unknown {
  return JSON.parse(Buffer.from(text, 'latin1').toString('utf8'));
}

export function encodeRaw(value: unknown): RawJson {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('latin1');
}

function decodeKey(key: RawJson): string {
  if (!key.includes('\\')) return key.slice(1, -1);
  return Buffer.from(decodeRaw(key) as string, 'utf8').toString('latin1');
}
