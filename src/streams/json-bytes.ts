import { BtMigrateError } from '../domain/errors.ts';

/*
 * Walks JSON as bytes, without parsing it. Everything outside of strings is held to the grammar of RFC 8259, so that
 * text which was cut short or damaged is refused and never taken for something shorter. Inside a string only quotes and
 * backslashes are looked at: a raw control character, a bad escape or bad UTF-8 cannot move the end of the string, so it
 * is passed on as it is and left to the destination to accept or refuse. That makes a native search for the quote
 * possible, which is what keeps long strings cheap.
 *
 * No function here recurses: rows may be nested deeper than the call stack. Reads past the end of the buffer give
 * undefined, which no rule accepts; reads past the end of a row, but inside the buffer, are caught by callers, who compare
 * where a value ended with where it had to.
 */
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
const LETTER_N = 0x6e;
const LETTER_T = 0x74;
const LETTER_F = 0x66;
const SPACE = 0x20;

/** Strings shorter than this are walked; for longer ones a native search is cheaper than its call. */
const WALKED_STRING = 16;

/** Bytes that are not the JSON they had to be; `at` is the offset into the buffer that was read. */
export class MalformedJsonError extends BtMigrateError {
  readonly at: number;

  constructor(what: string, at: number) {
    super('BTM_RESPONSE_UNREADABLE', {
      detail: `${what} at byte ${at} of what the server answered.`,
      hint: 'Read again: an answer may have been cut short. If it stays so, the row is damaged in the source.',
    });
    this.name = 'MalformedJsonError';
    this.at = at;
  }
}

/** Offset of the first byte at or after `at` that is not JSON white space. */
export function skipSpace(bytes: Buffer, at: number): number {
  let i = at;
  let c = bytes[i];
  while (c === SPACE || c === 0x0a || c === 0x0d || c === 0x09) c = bytes[++i];
  return i;
}

/** `at` is the opening quote; answers the offset after the closing one. Throws MalformedJsonError. */
export function skipString(bytes: Buffer, at: number): number {
  let i = at + 1;
  for (;;) {
    const stop = i + WALKED_STRING;
    while (i < stop) {
      const c = bytes[i];
      if (c === QUOTE) return i + 1;
      if (c === undefined) throw new MalformedJsonError('Unterminated string', at);
      i += c === BACKSLASH ? 2 : 1;
    }
    const quote = bytes.indexOf(QUOTE, i);
    if (quote < 0) throw new MalformedJsonError('Unterminated string', at);
    // The quote ends the string unless an odd number of backslashes stands before it. Those before `i` are paired up.
    let run = quote;
    while (run > i && bytes[run - 1] === BACKSLASH) run--;
    if (((quote - run) & 1) === 0) return quote + 1;
    i = quote + 1;
  }
}

/** Offset after the value that starts at `at`. Throws MalformedJsonError. */
export function skipValue(bytes: Buffer, at: number): number {
  const c = bytes[at];
  if (c === QUOTE) return skipString(bytes, at);
  if (c === OPEN_BRACE || c === OPEN_BRACKET) return skipContainer(bytes, at, c);
  return skipScalar(bytes, at);
}

/** Offset of the value that belongs to the key at `at`. Throws MalformedJsonError. */
export function skipKey(bytes: Buffer, at: number): number {
  if (bytes[at] !== QUOTE) throw new MalformedJsonError('Expected a key', at);
  return skipColon(bytes, skipString(bytes, at));
}

/** Offset of the value after the colon that comes at or after `at`. Throws MalformedJsonError. */
export function skipColon(bytes: Buffer, at: number): number {
  const colon = bytes[at] === COLON ? at : skipSpace(bytes, at);
  if (bytes[colon] !== COLON) throw new MalformedJsonError('Expected :', colon);
  const next = bytes[colon + 1] as number;
  return next > SPACE ? colon + 1 : skipSpace(bytes, colon + 1);
}

/** Closing bracket of every container that is open; grows with the deepest nesting met. */
let closers = new Uint8Array(256);

/*
 * States: a value is due (outer loop); a value has ended (inner loop). A comma leads back to the first, a closing
 * bracket stays in the second, and the bracket that closes the container we came for ends the walk.
 */
function skipContainer(bytes: Buffer, at: number, opener: number): number {
  let depth = 0;
  let i = at;
  let c: number | undefined = opener;
  for (;;) {
    if (c === OPEN_BRACE || c === OPEN_BRACKET) {
      if (depth === closers.length) closers = doubled(closers);
      const closer = c + 2;
      closers[depth++] = closer;
      i = skipSpace(bytes, i + 1);
      if (bytes[i] !== closer) {
        if (closer === CLOSE_BRACE) i = skipKey(bytes, i);
        c = bytes[i];
        continue;
      }
    } else {
      i = c === QUOTE ? skipString(bytes, i) : skipScalar(bytes, i);
      c = bytes[i];
      if (c === undefined || c <= SPACE) i = skipSpace(bytes, i);
    }
    const closer: number | undefined = closers[depth - 1];
    c = bytes[i];
    while (c === closers[depth - 1]) {
      if (--depth === 0) return i + 1;
      i = skipSpace(bytes, i + 1);
      c = bytes[i];
    }
    if (c !== COMMA) throw new MalformedJsonError(`Expected , or ${closer === CLOSE_BRACE ? '}' : ']'}`, i);
    i = skipSpace(bytes, i + 1);
    if (closers[depth - 1] === CLOSE_BRACE) i = skipKey(bytes, i);
    c = bytes[i];
  }
}

function doubled(full: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(full.length * 2);
  larger.set(full);
  return larger;
}

function skipScalar(bytes: Buffer, at: number): number {
  const c = bytes[at];
  if (c === LETTER_N && bytes[at + 1] === 0x75 && bytes[at + 2] === 0x6c && bytes[at + 3] === 0x6c) return at + 4;
  if (c === LETTER_T && bytes[at + 1] === 0x72 && bytes[at + 2] === 0x75 && bytes[at + 3] === 0x65) return at + 4;
  if (
    c === LETTER_F &&
    bytes[at + 1] === 0x61 &&
    bytes[at + 2] === 0x6c &&
    bytes[at + 3] === 0x73 &&
    bytes[at + 4] === 0x65
  ) {
    return at + 5;
  }
  return skipNumber(bytes, at);
}

function skipNumber(bytes: Buffer, at: number): number {
  let i = bytes[at] === 0x2d ? at + 1 : at;
  i = bytes[i] === 0x30 ? i + 1 : skipDigits(bytes, i, at);
  if (bytes[i] === 0x2e) i = skipDigits(bytes, i + 1, at);
  const c = bytes[i];
  if (c !== 0x65 && c !== 0x45) return i;
  const sign = bytes[i + 1];
  return skipDigits(bytes, sign === 0x2b || sign === 0x2d ? i + 2 : i + 1, at);
}

/** At least one digit must stand at `at`; `value` is where the value began, for the error. */
function skipDigits(bytes: Buffer, at: number, value: number): number {
  let i = at;
  let c = bytes[i];
  while (c !== undefined && c >= 0x30 && c <= 0x39) c = bytes[++i];
  if (i === at) throw new MalformedJsonError('Expected a value', value);
  return i;
}

/** The text of a JSON string, given without its quotes. */
export function decodeText(bytes: Buffer, start: number, end: number): string {
  const raw = bytes.toString('utf8', start, end);
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    throw new MalformedJsonError('Expected a JSON string', start);
  }
}

/** True when the string `bytes[start..end)`, quotes included, is `text`, which is plain ASCII with its quotes too. */
export function isText(bytes: Buffer, start: number, end: number, text: Buffer): boolean {
  let i = 0;
  while (i < text.length && bytes[start + i] === text[i]) i++;
  if (i === text.length) return end - start === i;
  if (bytes[start + i] !== BACKSLASH) return false;
  return `"${decodeText(bytes, start + 1, end - 1)}"` === text.toString('latin1');
}
