const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
/** Strings shorter than this are walked; for longer ones a native search is cheaper than its call. */
const WALKED_STRING = 64;
const LITERAL = /^(?:null|true|false|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

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
    const c = bytes[i];
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return i;
    i++;
  }
}

/** `at` is the byte after the opening quote; answers the byte after the closing one. */
export function skipString(bytes: Buffer, at: number): number {
  let i = at;
  for (;;) {
    const stop = i + WALKED_STRING;
    while (i < stop) {
      const c = bytes[i];
      if (c === QUOTE) return i + 1;
      if (c === undefined) throw new JsonSyntaxError('Unterminated string', at - 1);
      i += c === BACKSLASH ? 2 : 1;
    }
    const quote = bytes.indexOf(QUOTE, i);
    if (quote < 0) throw new JsonSyntaxError('Unterminated string', at - 1);
    let run = quote;
    while (run > i && bytes[run - 1] === BACKSLASH) run--;
    if (((quote - run) & 1) === 0) return quote + 1;
    i = quote + 1;
  }
}

/** Skips an object or array by matching brackets; what is between them is only as well-formed as that. */
function skipNested(bytes: Buffer, at: number): number {
  let depth = 0;
  let braces = 0;
  let i = at;
  for (;;) {
    const c = bytes[i];
    if (c === QUOTE) {
      i = skipString(bytes, i + 1);
      continue;
    }
    i++;
    if (c === OPEN_BRACE) {
      depth++;
      braces++;
    } else if (c === OPEN_BRACKET) depth++;
    else if (c === CLOSE_BRACE || c === CLOSE_BRACKET) {
      depth--;
      if (c === CLOSE_BRACE) braces--;
      if (depth === 0) {
        if (braces !== 0) throw new JsonSyntaxError('Unbalanced brackets', at);
        return i;
      }
    } else if (c === undefined) throw new JsonSyntaxError('Unterminated value', at);
  }
}

function skipLiteral(bytes: Buffer, at: number): number {
  let i = at;
  for (;;) {
    const c = bytes[i];
    if (c === undefined || c <= 0x20 || c === 0x2c || c === CLOSE_BRACE || c === CLOSE_BRACKET) break;
    i++;
  }
  if (
    i - at === 4 &&
    bytes[at] === 0x6e &&
    bytes[at + 1] === 0x75 &&
    bytes[at + 2] === 0x6c &&
    bytes[at + 3] === 0x6c
  ) {
    return i;
  }
  if (!LITERAL.test(bytes.toString('latin1', at, i))) throw new JsonSyntaxError('Not a JSON value', at);
  return i;
}

/** Index after the value that starts at `at`. Throws JsonSyntaxError. */
export function skipValue(bytes: Buffer, at: number): number {
  const c = bytes[at];
  if (c === QUOTE) return skipString(bytes, at + 1);
  if (c === OPEN_BRACE || c === OPEN_BRACKET) return skipNested(bytes, at);
  return skipLiteral(bytes, at);
}
