import { BtMigrateError } from './errors.ts';
import { emptyObject, type Json, JsonNumber } from './json.ts';

// A number literal in value position that JavaScript would round, respell or drop a sign of. It may also match inside
// a string; that only costs the slower parser.
const UNSAFE_NUMBER = /[:[,]\s*-?(?:\d{16,}|0(?=\s*[,\]}])(?<=-0)|\d+\.\d*0(?=\s*[,\]}])|\d+\.\d{15,}|\d[\d.]*[eE])/;
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

/** Reads text already known to be valid JSON. */
class Reader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  document(): Json {
    this.skipSpace();
    return this.value();
  }

  private value(): Json {
    switch (this.text[this.at]) {
      case '{':
        return this.object();
      case '[':
        return this.array();
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

  private object(): Json {
    const object = emptyObject();
    for (this.step(); this.text[this.at] !== '}'; ) {
      const key = this.string();
      this.skipSpace();
      this.step();
      object[key] = this.value();
      this.skipSpace();
      if (this.text[this.at] === ',') this.step();
    }
    this.at += 1;
    return object;
  }

  private array(): Json {
    const items: Json[] = [];
    for (this.step(); this.text[this.at] !== ']'; ) {
      items.push(this.value());
      this.skipSpace();
      if (this.text[this.at] === ',') this.step();
    }
    this.at += 1;
    return items;
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
