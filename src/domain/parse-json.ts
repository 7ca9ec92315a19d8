import { BtMigrateError } from './errors.ts';
import { type Json, JsonNumber, setKey } from './json.ts';

// A number literal in value position that JavaScript would round (16 digits or more), respell (`1.0`, `1e5`,
// `0.0000001`) or drop the sign of. It may also match inside a string; that only costs the slower parser.
const UNSAFE_NUMBER =
  /(?:^|[:[,])\s*-?(?:\d{16}|\d[\d.]{16}|\d[\d.]*[eE]|0\.000000|(?:(?<=-)0|\d+\.\d*0)\s*(?:[,\]}]|$))/;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\n\r]*/y;
const PLAIN_STRING = /"[^"\\]*"/y;

/**
 * Parses JSON without losing numbers.
 * @throws BTM_RESPONSE_UNREADABLE when the text is not JSON.
 */
export function parseJson(text: string): Json {
  try {
    if (!UNSAFE_NUMBER.test(text)) return JSON.parse(text) as Json;
    // The native parser decides what is valid; ours then only has to read what it accepted.
    JSON.parse(text);
  } catch (cause) {
    throw new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
      detail: `Expected JSON, got ${text.length} characters that do not parse.`,
      cause,
    });
  }
  return new Reader(text).document();
}

/** An array or object that is being filled. */
type Open = { readonly array: Json[] } | { readonly object: Record<string, Json>; key: string };

/** Reads text already known to be valid JSON. Iterative, because it may be nested deeper than the call stack. */
class Reader {
  private readonly text: string;
  private readonly open: Open[] = [];
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  document(): Json {
    this.skipSpace();
    for (;;) {
      let value = this.begin();
      while (value !== undefined) {
        const parent = this.open.at(-1);
        if (parent === undefined) return value;
        if ('array' in parent) parent.array.push(value);
        else setKey(parent.object, parent.key, value);
        value = this.nextOrEnd(parent);
      }
    }
  }

  /** Reads a scalar or an empty container; of any other container only the beginning, and returns undefined. */
  private begin(): Json | undefined {
    switch (this.text[this.at]) {
      case '{': {
        const object: Record<string, Json> = {};
        this.step();
        if (this.text[this.at] === '}') return this.close(object);
        this.open.push({ object, key: this.key() });
        return undefined;
      }
      case '[': {
        const array: Json[] = [];
        this.step();
        if (this.text[this.at] === ']') return this.close(array);
        this.open.push({ array });
        return undefined;
      }
      default:
        return this.scalar();
    }
  }

  /** Behind a value: goes on to the next one in its parent, or ends the parent and returns it. */
  private nextOrEnd(parent: Open): Json | undefined {
    this.skipSpace();
    if (this.text[this.at] === ',') {
      this.step();
      if ('object' in parent) parent.key = this.key();
      return undefined;
    }
    this.open.pop();
    return this.close('array' in parent ? parent.array : parent.object);
  }

  private close<Container extends Json>(container: Container): Container {
    this.at += 1;
    return container;
  }

  private key(): string {
    const key = this.string();
    this.skipSpace();
    this.step();
    return key;
  }

  private scalar(): Json {
    switch (this.text[this.at]) {
      case '"':
        return this.string();
      case 't':
        this.at += 4;
        return true;
      case 'f':
        this.at += 5;
        return false;
      case 'n':
        this.at += 4;
        return null;
      default:
        return this.number();
    }
  }

  private string(): string {
    PLAIN_STRING.lastIndex = this.at;
    const plain = PLAIN_STRING.exec(this.text);
    if (plain !== null) {
      this.at += plain[0].length;
      return plain[0].slice(1, -1);
    }
    let end = this.at + 1;
    while (this.text[end] !== '"') end += this.text[end] === '\\' ? 2 : 1;
    const literal = this.text.slice(this.at, end + 1);
    this.at = end + 1;
    return JSON.parse(literal) as string;
  }

  private number(): Json {
    NUMBER.lastIndex = this.at;
    const literal = NUMBER.exec(this.text)?.[0] ?? '';
    this.at += literal.length;
    const value = Number(literal);
    return JSON.stringify(value) === literal ? value : new JsonNumber(literal);
  }

  private step(): void {
    this.at += 1;
    this.skipSpace();
  }

  private skipSpace(): void {
    SPACE.lastIndex = this.at;
    this.at += SPACE.exec(this.text)?.[0].length ?? 0;
  }
}
