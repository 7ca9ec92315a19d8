import { classifyKey, classifyName, hashStep, OTHER } from './row-field.ts';
import { JsonSyntaxError, skipSpace, skipString, skipValue } from './scan-json.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const CLOSE_BRACE = 0x7d;

/**
 * Finds the top-level members of JSON objects in a buffer without parsing their values. One instance is reused for
 * every row: after `scan` the arrays hold `count` members, as byte offsets into the scanned buffer.
 */
export class RowScanner {
  count = 0;
  /** Number from row-field.ts, `OTHER` for user keys. */
  field = new Uint8Array(64);
  /** Offset of the key's opening quote. */
  start = new Uint32Array(64);
  keyEnd = new Uint32Array(64);
  valueStart = new Uint32Array(64);
  /** Offset after the value. */
  end = new Uint32Array(64);

  /** Scans the object that starts at `at`; answers the offset after its closing brace. Throws JsonSyntaxError. */
  scan(bytes: Buffer, at: number): number {
    if (bytes[at] !== 0x7b) throw new JsonSyntaxError('A row must be a JSON object', at);
    this.count = 0;
    let i = skipSpace(bytes, at + 1);
    if (bytes[i] === CLOSE_BRACE) return i + 1;
    for (;;) {
      i = this.#member(bytes, i);
      const c = bytes[i];
      if (c === COMMA) i = skipSpace(bytes, i + 1);
      else if (c === CLOSE_BRACE) return i + 1;
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
    let hash = 0;
    let i = at + 1;
    let c = bytes[i];
    while (c !== QUOTE && c !== BACKSLASH && c !== undefined) {
      hash = hashStep(hash, c);
      c = bytes[++i];
    }
    if (c === QUOTE) {
      this.field[n] = classifyKey(bytes, at + 1, i, hash);
      i++;
    } else {
      i = skipString(bytes, i);
      this.field[n] = escapedField(bytes, at, i);
    }
    this.start[n] = at;
    this.keyEnd[n] = i;
    if (bytes[i] !== 0x3a) {
      i = skipSpace(bytes, i);
      if (bytes[i] !== 0x3a) throw new JsonSyntaxError('Expected :', i);
    }
    i = skipSpace(bytes, i + 1);
    this.valueStart[n] = i;
    i = skipValue(bytes, i);
    this.end[n] = i;
    return skipSpace(bytes, i);
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

/** True when no member of the last scan is one of the special keys at or above `first`. */
export function hasFieldFrom(scanner: RowScanner, first: number): boolean {
  for (let n = 0; n < scanner.count; n++) {
    const field = scanner.field[n] as number;
    if (field >= first && field !== OTHER) return true;
  }
  return false;
}
