import { type ByteEdit, removal } from './byte-edit.ts';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  decodeText,
  MalformedJsonError,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipColon,
  skipSpace,
  skipString,
  skipValue,
} from './json-bytes.ts';

/** Where a value stands. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A member of an object, by its decoded key. */
export interface Member {
  readonly key: string;
  readonly keyStart: number;
  readonly value: ByteRange;
}

/** The members of the object at `at`, repeated keys included. Throws MalformedJsonError. */
export function readMembers(bytes: Buffer, at: number): Member[] {
  if (bytes[at] !== OPEN_BRACE) throw new MalformedJsonError('Expected an object', at);
  const members: Member[] = [];
  let i = skipSpace(bytes, at + 1);
  if (bytes[i] === CLOSE_BRACE) return members;
  for (;;) {
    if (bytes[i] !== QUOTE) throw new MalformedJsonError('Expected a key', i);
    const keyEnd = skipString(bytes, i);
    const start = skipColon(bytes, keyEnd);
    const end = skipValue(bytes, start);
    members.push({ key: decodeText(bytes, i + 1, keyEnd - 1), keyStart: i, value: { start, end } });
    i = skipSpace(bytes, end);
    if (bytes[i] === CLOSE_BRACE) return members;
    if (bytes[i] !== COMMA) throw new MalformedJsonError('Expected , or }', i);
    i = skipSpace(bytes, i + 1);
  }
}

/** The elements of the array at `at`. Throws MalformedJsonError. */
export function readElements(bytes: Buffer, at: number): ByteRange[] {
  if (bytes[at] !== OPEN_BRACKET) throw new MalformedJsonError('Expected a list', at);
  const elements: ByteRange[] = [];
  let i = skipSpace(bytes, at + 1);
  if (bytes[i] === CLOSE_BRACKET) return elements;
  for (;;) {
    const end = skipValue(bytes, i);
    elements.push({ start: i, end });
    i = skipSpace(bytes, end);
    if (bytes[i] === CLOSE_BRACKET) return elements;
    if (bytes[i] !== COMMA) throw new MalformedJsonError('Expected , or ]', i);
    i = skipSpace(bytes, i + 1);
  }
}

/** Of several members with this key the last one counts. */
export function lastMember(members: readonly Member[], key: string): Member | undefined {
  return members.findLast((member) => member.key === key);
}

/** The value that a path of keys leads to from the value at `at`; undefined when there is none. Throws MalformedJsonError. */
export function findPath(bytes: Buffer, at: number, path: readonly string[]): ByteRange | undefined {
  let found: ByteRange = { start: at, end: skipValue(bytes, at) };
  for (const key of path) {
    if (bytes[found.start] !== OPEN_BRACE) return undefined;
    const member = lastMember(readMembers(bytes, found.start), key);
    if (member === undefined) return undefined;
    found = member.value;
  }
  return found;
}

/** The text of a value, or undefined when it is not a string. */
export function textOf(bytes: Buffer, value: ByteRange | undefined): string | undefined {
  if (value === undefined || bytes[value.start] !== QUOTE) return undefined;
  return decodeText(bytes, value.start + 1, value.end - 1);
}

/** Takes a key out of an object, however often it occurs, each time together with one of the commas beside it. */
export function removeMembers(members: readonly Member[], key: string): ByteEdit[] {
  const edits: ByteEdit[] = [];
  let keptEnd = -1;
  let dropStart = -1;
  let dropEnd = -1;
  for (const member of members) {
    if (member.key === key) {
      if (dropStart < 0) dropStart = member.keyStart;
      dropEnd = member.value.end;
      continue;
    }
    if (dropStart >= 0) edits.push(removal(dropStart, member.keyStart));
    dropStart = -1;
    keptEnd = member.value.end;
  }
  if (dropStart >= 0) edits.push(removal(keptEnd < 0 ? dropStart : keptEnd, dropEnd));
  return edits;
}
