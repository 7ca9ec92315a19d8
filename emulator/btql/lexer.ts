import { BtqlError } from './query.ts';

export type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'symbol' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** Decoded text of words and strings; the symbol or number as written. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const SYMBOLS = [
  '<>',
  '!=',
  '<=',
  '>=',
  '=>',
  '==',
  '::',
  '||',
  ',',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '.',
  ':',
  '*',
  '=',
  '<',
  '>',
  '+',
  '-',
  '/',
  '%',
  '|',
  ';',
];
const WORD = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /\s+/y;
const COMMENT = /--[^\n]*/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '0': '\0' };

/** Cuts a query into tokens. Throws BtqlError. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const skipped = match(SPACE, text, at) ?? match(COMMENT, text, at);
    if (skipped !== null) {
      at += skipped.length;
      continue;
    }
    const token = nextToken(text, at);
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: 'end', text: '', start: at, end: at });
  return tokens;
}

function nextToken(text: string, at: number): Token {
  const c = text[at] as string;
  if (c === "'" || c === '"') return readString(text, at, c, c === "'" ? 'string' : 'quoted');
  if (c === '`') return readString(text, at, c, 'word');
  const word = match(WORD, text, at);
  if (word !== null) return { kind: 'word', text: word, start: at, end: at + word.length };
  const number = match(NUMBER, text, at);
  if (number !== null) return { kind: 'number', text: number, start: at, end: at + number.length };
  const symbol = SYMBOLS.find((candidate) => text.startsWith(candidate, at));
  if (symbol === undefined) throw new BtqlError(`Unexpected character ${JSON.stringify(c)} at position ${at}`);
  return { kind: 'symbol', text: symbol, start: at, end: at + symbol.length };
}

/** A quote inside is doubled or follows a backslash. */
function readString(text: string, start: number, quote: string, kind: TokenKind): Token {
  let value = '';
  let at = start + 1;
  for (;;) {
    const c = text[at];
    if (c === undefined) throw new BtqlError(`Unterminated string at position ${start}`);
    if (c === quote && text[at + 1] === quote) {
      value += quote;
      at += 2;
    } else if (c === quote) {
      return { kind, text: value, start, end: at + 1 };
    } else if (c === '\\' && at + 1 < text.length) {
      const [decoded, length] = readEscape(text, at + 1);
      value += decoded;
      at += 1 + length;
    } else {
      value += c;
      at += 1;
    }
  }
}

function readEscape(text: string, at: number): [string, number] {
  const c = text[at] as string;
  const hex = /^u([0-9a-fA-F]{4})/.exec(text.slice(at, at + 5))?.[1];
  if (hex !== undefined) return [String.fromCharCode(Number.parseInt(hex, 16)), 5];
  return [ESCAPES[c] ?? c, 1];
}

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}
