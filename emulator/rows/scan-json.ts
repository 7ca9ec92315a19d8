const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const SPACE = 0x20;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
/** Strings shorter than this are walked; for longer ones a native search is cheaper than its call. */
const WALKED_STRING = 24;
const NULL = Buffer.from('null');
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');

/** Text that is not JSON, with the byte at which it stops being JSON. */
export class JsonSyntaxError extends Error {
  constructor(what: string, at: number) {
    super(`${what} at byte ${at}`);
  }
}

/** Index of the first byte at or after `at` that is not JSON white space. */
export function skipSpace(bytes: Buffer, at: number): number {
  let i = at;
  for (;;) {
    const c = bytes[i] as number;
    if (c > SPACE || (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09)) return i;
    i++;
  }
}

/**
 * `at` is the byte after the opening quote; answers the byte after the closing one. Finds the end and nothing else: which
 * escapes there are, and control characters far into a string, are not looked at.
 */
export function skipString(bytes: Buffer, at: number): number {
  let i = at;
  for (;;) {
    const stop = i + WALKED_STRING;
    while (i < stop) {
      const c = bytes[i] as number;
      // Most are small letters, which come behind all that is special.
      if (c > BACKSLASH) i++;
      else if (c === QUOTE) return i + 1;
      else if (c === BACKSLASH) i += 2;
      else if (c >= SPACE) i++;
      else throw new JsonSyntaxError(i < bytes.length ? 'Control character in a string' : 'Unterminated string', i);
    }
    const quote = bytes.indexOf(QUOTE, i);
    if (quote < 0) throw new JsonSyntaxError('Unterminated string', at - 1);
    let run = quote;
    while (run > i && bytes[run - 1] === BACKSLASH) run--;
    if (((quote - run) & 1) === 0) return quote + 1;
    i = quote + 1;
  }
}

/** The open objects (1) and arrays (0) around the value at hand. */
let nesting = new Uint8Array(256);

/** Skips an object or array; every bracket, comma, colon, number and word in it must be where JSON has it. */
function skipNested(bytes: Buffer, at: number): number {
  let depth = 0;
  let i = at;
  for (;;) {
    const c = bytes[i];
    if (c === OPEN_BRACE || c === OPEN_BRACKET) {
      if (depth === nesting.length) nesting = deeper(nesting);
      nesting[depth++] = c === OPEN_BRACE ? 1 : 0;
      i = skipSpace(bytes, i + 1);
      if (bytes[i] !== (c === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET)) {
        if (c === OPEN_BRACE) i = skipKey(bytes, i);
        continue;
      }
    } else i = c === QUOTE ? skipString(bytes, i + 1) : skipLiteral(bytes, i);
    // Behind a value: close what ends here, then go on to the next value.
    for (;;) {
      let next = bytes[i] as number;
      if (next <= SPACE) {
        i = skipSpace(bytes, i);
        next = bytes[i] as number;
      }
      const inObject = nesting[depth - 1] === 1;
      i++;
      if (next === COMMA) {
        if ((bytes[i] as number) <= SPACE) i = skipSpace(bytes, i);
        if (inObject) i = skipKey(bytes, i);
        break;
      }
      if (next !== (inObject ? CLOSE_BRACE : CLOSE_BRACKET)) throw new JsonSyntaxError('Expected , or an end', i - 1);
      if (--depth === 0) return i;
    }
  }
}

/** Index of the value whose key is at `at`. */
function skipKey(bytes: Buffer, at: number): number {
  if (bytes[at] !== QUOTE) throw new JsonSyntaxError('Expected a key', at);
  let i = skipString(bytes, at + 1);
  if (bytes[i] !== COLON) i = skipSpace(bytes, i);
  if (bytes[i] !== COLON) throw new JsonSyntaxError('Expected :', i);
  i++;
  return (bytes[i] as number) <= SPACE ? skipSpace(bytes, i) : i;
}

function deeper(stack: Uint8Array): Uint8Array<ArrayBuffer> {
  const next = new Uint8Array(stack.length * 2);
  next.set(stack);
  return next;
}

function skipLiteral(bytes: Buffer, at: number): number {
  const c = bytes[at];
  if (c === NULL[0]) return skipWord(bytes, at, NULL);
  if (c === TRUE[0]) return skipWord(bytes, at, TRUE);
  return c === FALSE[0] ? skipWord(bytes, at, FALSE) : skipNumber(bytes, at);
}

function skipWord(bytes: Buffer, at: number, word: Buffer): number {
  for (let i = 1; i < word.length; i++) {
    if (bytes[at + i] !== word[i]) throw new JsonSyntaxError('Not a JSON value', at);
  }
  return at + word.length;
}

function skipNumber(bytes: Buffer, at: number): number {
  const start = bytes[at] === MINUS ? at + 1 : at;
  let i = bytes[start] === ZERO ? start + 1 : skipDigits(bytes, start, at);
  if (bytes[i] === POINT) i = skipDigits(bytes, i + 1, at);
  if (((bytes[i] as number) | 0x20) === 0x65) {
    const sign = bytes[i + 1];
    i = skipDigits(bytes, sign === 0x2b || sign === MINUS ? i + 2 : i + 1, at);
  }
  return i;
}

function skipDigits(bytes: Buffer, from: number, at: number): number {
  let i = from;
  for (let c = bytes[i]; c !== undefined && (c - ZERO) >>> 0 <= 9; c = bytes[i]) i++;
  if (i === from) throw new JsonSyntaxError('Not a JSON value', at);
  return i;
}

/** Index after the value that starts at `at`. Throws JsonSyntaxError. */
export function skipValue(bytes: Buffer, at: number): number {
  const c = bytes[at];
  if (c === QUOTE) return skipString(bytes, at + 1);
  if (c === OPEN_BRACE || c === OPEN_BRACKET) return skipNested(bytes, at);
  return skipLiteral(bytes, at);
}
