import { type ByteEdit, removal } from './byte-edit.ts';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  decodeText,
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

/** Where a value stands. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A member of an object; both ranges include the quotes of what they cover. */
export interface Member {
  readonly key: ByteRange;
  readonly value: ByteRange;
}

/** A key to look for: plain ASCII with its quotes, so that keys are compared as bytes and not made strings of. */
export function quoted(key: string): Buffer {
  return Buffer.from(`"${key}"`);
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
    members.push({ key: { start: i, end: keyEnd }, value: { start, end } });
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

function isNamed(bytes: Buffer, { key }: Member, name: Buffer): boolean {
  return isText(bytes, key.start, key.end, name);
}

/** Of several members with this key the last one counts. Throws MalformedJsonError. */
export function lastMember(bytes: Buffer, members: readonly Member[], name: Buffer): Member | undefined {
  return members.findLast((member) => isNamed(bytes, member, name));
}

/** The value that a path of keys leads to from the value at `at`; undefined when there is none. Throws MalformedJsonError. */
export function findPath(bytes: Buffer, at: number, path: readonly Buffer[]): ByteRange | undefined {
  let found: ByteRange = { start: at, end: skipValue(bytes, at) };
  for (const name of path) {
    if (bytes[found.start] !== OPEN_BRACE) return undefined;
    const member = lastMember(bytes, readMembers(bytes, found.start), name);
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
export function removeMembers(bytes: Buffer, members: readonly Member[], name: Buffer): ByteEdit[] {
  const edits: ByteEdit[] = [];
  let keptEnd = -1;
  let dropStart = -1;
  let dropEnd = -1;
  for (const member of members) {
    if (isNamed(bytes, member, name)) {
      if (dropStart < 0) dropStart = member.key.start;
      dropEnd = member.value.end;
      continue;
    }
    if (dropStart >= 0) edits.push(removal(dropStart, member.key.start));
    dropStart = -1;
    keptEnd = member.value.end;
  }
  if (dropStart >= 0) edits.push(removal(keptEnd < 0 ? dropStart : keptEnd, dropEnd));
  return edits;
}
