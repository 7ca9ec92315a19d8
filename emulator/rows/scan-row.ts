import { classifyKey, classifyName, hashStep } from './row-field.ts';
import { JsonSyntaxError, skipSpace, skipString, skipValue } from './scan-json.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;

/**
 * Finds the top-level members of JSON objects in a buffer without parsing their values. One instance is reused for
 * every row: after `scan` the arrays hold `count` members, as byte offsets into the scanned buffer. Rows of one request
 * tend to have the same keys in the same order, so a key is first compared with the one that the row before had there.
 */
export class RowScanner {
  count = 0;
  /** Offsets of the object's opening brace and of the byte after its closing one. */
  rowStart = 0;
  rowEnd = 0;
  /** Number from row-field.ts, `OTHER` for user keys. */
  field = new Uint8Array(64);
  /** Offset of the key's opening quote. */
  start = new Uint32Array(64);
  keyEnd = new Uint32Array(64);
  valueStart = new Uint32Array(64);
  /** Offset after the value. */
  end = new Uint32Array(64);
  #scanned: Buffer | null = null;
  /** Members of the row before, in the same buffer, whose entries have not been overwritten yet. */
  #before = 0;

  /** Scans the object that starts at `at`; answers the offset after its closing brace. Throws JsonSyntaxError. */
  scan(bytes: Buffer, at: number): number {
    if (bytes[at] !== 0x7b) throw new JsonSyntaxError('A row must be a JSON object', at);
    this.#before = this.#scanned === bytes ? this.count : 0;
    this.#scanned = bytes;
    this.count = 0;
    this.rowStart = at;
    this.rowEnd = this.#members(bytes, skipSpace(bytes, at + 1));
    return this.rowEnd;
  }

  #members(bytes: Buffer, first: number): number {
    let i = first;
    if (bytes[i] === CLOSE_BRACE) return i + 1;
    for (;;) {
      i = this.#member(bytes, i);
      let c = bytes[i];
      if (c === COMMA) {
        c = bytes[++i];
        if (c !== QUOTE) i = skipSpace(bytes, i);
      } else if (c === CLOSE_BRACE) return i + 1;
      else throw new JsonSyntaxError('Expected , or }', i);
    }
  }

  /** Index of the last member with this field number, or -1: in JSON the last of several equal keys counts. */
  indexOf(field: number): number {
    for (let n = this.count - 1; n >= 0; n--) if (this.field[n] === field) return n;
    return -1;
  }

  #member(bytes: Buffer, at: number): number {
    if (bytes[at] !== QUOTE) throw new JsonSyntaxError('Expected a key', at);
    if (this.count === this.field.length) this.#grow();
    const n = this.count++;
    let i = n < this.#before ? this.#sameKey(bytes, at, n) : -1;
    if (i === -1) i = this.#newKey(bytes, at, n);
    this.start[n] = at;
    this.keyEnd[n] = i;
    if (bytes[i] !== COLON) {
      i = skipSpace(bytes, i);
      if (bytes[i] !== COLON) throw new JsonSyntaxError('Expected :', i);
    }
    i++;
    if ((bytes[i] as number) <= SPACE) i = skipSpace(bytes, i);
    this.valueStart[n] = i;
    i = skipValue(bytes, i);
    this.end[n] = i;
    return (bytes[i] as number) <= SPACE ? skipSpace(bytes, i) : i;
  }

  /** The end of the key at `at` when it is the key that member `n` of the row before had, else -1. */
  #sameKey(bytes: Buffer, at: number, n: number): number {
    const before = this.start[n] as number;
    const length = (this.keyEnd[n] as number) - before;
    for (let k = 1; k < length; k++) if (bytes[at + k] !== bytes[before + k]) return -1;
    return at + length;
  }

  #newKey(bytes: Buffer, at: number, n: number): number {
    let hash = 0;
    let i = at + 1;
    let c = bytes[i];
    while (c !== QUOTE && c !== BACKSLASH && c !== undefined) {
      hash = hashStep(hash, c);
      c = bytes[++i];
    }
    if (c === QUOTE) {
      this.field[n] = classifyKey(bytes, at + 1, i, hash);
      return i + 1;
    }
    const end = skipString(bytes, i);
    this.field[n] = escapedField(bytes, at, end);
    return end;
  }

  #grow(): void {
    this.field = doubled(this.field, Uint8Array);
    this.start = doubled(this.start, Uint32Array);
    this.keyEnd = doubled(this.keyEnd, Uint32Array);
    this.valueStart = doubled(this.valueStart, Uint32Array);
    this.end = doubled(this.end, Uint32Array);
  }
}

function doubled<T extends Uint8Array | Uint32Array>(array: T, kind: new (length: number) => T): T {
  const next = new kind(array.length * 2);
  next.set(array);
  return next;
}

function escapedField(bytes: Buffer, start: number, end: number): number {
  try {
    return classifyName(JSON.parse(bytes.toString('utf8', start, end)) as string);
  } catch {
    throw new JsonSyntaxError('Not a JSON string', start);
  }
}
