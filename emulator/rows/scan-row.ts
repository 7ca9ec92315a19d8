import type { CopyFinder } from './copy-finder.ts';
import { type HeadText, RepeatedHead } from './repeated-head.ts';
import { classifyKey, classifyName, fieldNumber, hashStep } from './row-field.ts';
import { JsonSyntaxError, skipSpace, skipString, skipValue } from './scan-json.ts';

const ID = fieldNumber('id');
const CREATED = fieldNumber('created');
const PAGINATION_KEY = fieldNumber('_pagination_key');
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;
const LETTER_N = 0x6e;
/** Keys that do not fit into so many words of four bytes are classified anew in every row. */
const KEY_WORDS = 8;
/** Members that fit into so many words are expected to come again with the same value, until they were not so often. */
const MEMBER_WORDS = 32;
const OFTEN = 3;
/** The letters of null as one word. */
const NULL = 0x6c6c756e;

/**
 * Finds the top-level members of JSON objects in a buffer without parsing their values. One instance is reused for
 * every row: after `scan` the arrays hold `count` members, as byte offsets into the scanned buffer. Rows tend to have the
 * same keys in the same order, so a key is first compared with the one that the row before had there.
 */
export class RowScanner {
  count = 0;
  /** Where it has found the row to be a copy, not all of the copied members are in the arrays; see `scanWhole`. */
  readonly copy: CopyFinder | null;
  #seeksCopy: boolean;
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
  /** Copies of the keys of the row before, from quote to colon; copies, because the store moves bytes of rows about. */
  #keys = new Int32Array(64 * KEY_WORDS);
  #keySize = new Uint8Array(64);
  /** The same of short members from quote to value, because many are null or an id that all rows share. */
  #members = new Int32Array(64 * MEMBER_WORDS);
  #memberSize = new Uint8Array(64);
  #surprises = new Uint8Array(64);
  readonly #head = new RepeatedHead();
  #scanned: Buffer | null = null;
  #view: DataView = new DataView(new ArrayBuffer(0));

  constructor(copy: CopyFinder | null = null) {
    this.copy = copy;
    this.#seeksCopy = copy !== null;
  }

  /** True when some of the row's members are stored bytes. */
  get isCopy(): boolean {
    return this.copy !== null && this.copy.place !== -1;
  }

  /** Scans the row at hand again, whether it is a copy or not. */
  scanWhole(bytes: Buffer): void {
    this.#seeksCopy = false;
    this.scan(bytes, this.rowStart);
    this.#seeksCopy = this.copy !== null;
  }

  /** Scans the object that starts at `at`; answers the offset after its closing brace. Throws JsonSyntaxError. */
  scan(bytes: Buffer, at: number): number {
    if (bytes[at] !== 0x7b) throw new JsonSyntaxError('A row must be a JSON object', at);
    if (bytes !== this.#scanned) {
      this.#scanned = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      this.#head.startOver();
    }
    this.count = 0;
    if (this.copy !== null) this.copy.place = -1;
    this.rowStart = at;
    this.rowEnd = this.#scanRow(bytes, at);
    return this.rowEnd;
  }

  #scanRow(bytes: Buffer, at: number): number {
    const copied = this.#repeatHead(bytes, at);
    if (copied !== -1) {
      return bytes[copied] === CLOSE_BRACE ? copied + 1 : this.#scanMembers(bytes, skipSpace(bytes, copied + 1));
    }
    this.#head.forget();
    const first = skipSpace(bytes, at + 1);
    return bytes[first] === CLOSE_BRACE ? first + 1 : this.#scanMembers(bytes, first);
  }

  /**
   * Where the row begins as the copy before it and is a copy too: takes over what is known of its members and answers the
   * offset behind the copied bytes; -1 otherwise.
   */
  #repeatHead(bytes: Buffer, at: number): number {
    const { copy } = this;
    const head = this.#head;
    if (copy === null || !this.#seeksCopy || !head.isAt(bytes, at)) return -1;
    const { start, keyEnd, valueStart, end } = this;
    const id = copy.before;
    const shift = at - head.rowStart;
    const idAt = (valueStart[id] as number) + shift;
    if (bytes[idAt] !== QUOTE) return -1;
    const idEnd = skipString(bytes, idAt + 1);
    const stop = copy.findFrom(bytes, at + head.size, idAt, idEnd, id);
    if (stop === -1) return -1;
    for (let n = 0; n <= id; n++) {
      start[n] = (start[n] as number) + shift;
      keyEnd[n] = (keyEnd[n] as number) + shift;
      valueStart[n] = (valueStart[n] as number) + shift;
      end[n] = (end[n] as number) + shift;
    }
    end[id] = idEnd;
    head.rowStart = at;
    this.count = id + 1;
    return stop;
  }

  /** Remembers how a row begins whose copied bytes begin with member `id`. */
  #learnHead(bytes: Buffer, id: number): void {
    if (this.copy?.before !== id) return;
    const texts: HeadText[] = [];
    for (let n = 0; n < id; n++) {
      const field = this.field[n];
      const start = (this.valueStart[n] as number) + 1;
      if (field !== CREATED && field !== PAGINATION_KEY) continue;
      if (bytes[start - 1] === QUOTE) texts.push({ start, end: (this.end[n] as number) - 1 });
    }
    this.#head.learn(bytes, this.rowStart, this.start[id] as number, texts);
  }

  /** One loop over all members with everything at hand in locals: this is where an insert spends its time. */
  #scanMembers(bytes: Buffer, first: number): number {
    const view = this.#view;
    let i = first;
    for (;;) {
      if (bytes[i] !== QUOTE) throw new JsonSyntaxError('Expected a key', i);
      if (this.count === this.field.length) this.#grow();
      const { start, keyEnd, valueStart, end } = this;
      const n = this.count++;
      const keySize = this.#keySize[n] as number;
      const memberSize = this.#memberSize[n] as number;
      start[n] = i;
      let c = 0;
      if (isKept(view, i, this.#members, n * MEMBER_WORDS, memberSize)) c = bytes[i + memberSize] as number;
      if (c === COMMA || c === CLOSE_BRACE) {
        keyEnd[n] = i + keySize - 1;
        valueStart[n] = i + keySize;
        i += memberSize;
        end[n] = i;
      } else {
        if (isKept(view, i, this.#keys, n * KEY_WORDS, keySize)) {
          i += keySize;
          keyEnd[n] = i - 1;
        } else {
          const stop = this.#newKey(bytes, i, n);
          keyEnd[n] = stop;
          i = afterColon(bytes, stop);
        }
        c = bytes[i] as number;
        if (c <= SPACE) {
          i = skipSpace(bytes, i);
          c = bytes[i] as number;
        }
        valueStart[n] = i;
        if (c === LETTER_N && isNull(view, i)) i += 4;
        else if (c === QUOTE) i = skipString(bytes, i + 1);
        else i = skipValue(bytes, i);
        end[n] = i;
        if (this.#surprises[n] !== OFTEN) this.#keepMember(n);
        c = bytes[i] as number;
        if (c <= SPACE) {
          i = skipSpace(bytes, i);
          c = bytes[i] as number;
        }
      }
      if (c === CLOSE_BRACE) return i + 1;
      if (c !== COMMA) throw new JsonSyntaxError('Expected , or }', i);
      if (this.#seeksCopy && this.field[n] === ID && !this.isCopy) {
        const stop = this.copy?.find(bytes, this, n) ?? -1;
        if (stop !== -1) {
          i = stop;
          this.#learnHead(bytes, n);
          if (bytes[i] === CLOSE_BRACE) return i + 1;
        }
      }
      if (bytes[++i] !== QUOTE) i = skipSpace(bytes, i);
    }
  }

  /** Index of the last member with this field number, or -1: in JSON the last of several equal keys counts. */
  indexOf(field: number): number {
    for (let n = this.count - 1; n >= 0; n--) if (this.field[n] === field) return n;
    return -1;
  }

  #newKey(bytes: Buffer, at: number, n: number): number {
    const end = this.#classify(bytes, at, n);
    const size = end + 1 - at;
    this.#keySize[n] = bytes[end] === COLON && keep(this.#view, at, size, this.#keys, n, KEY_WORDS) ? size : 0;
    this.#memberSize[n] = 0;
    this.#surprises[n] = 0;
    return end;
  }

  /** Expects member `n`, which has just been read, again; gives that up when it was another one too often. */
  #keepMember(n: number): void {
    const at = this.start[n] as number;
    const size = (this.end[n] as number) - at;
    const isCompact = this.valueStart[n] === at + (this.#keySize[n] as number);
    const surprises = (this.#surprises[n] as number) + 1;
    this.#surprises[n] = surprises;
    const isExpected = isCompact && surprises < OFTEN && keep(this.#view, at, size, this.#members, n, MEMBER_WORDS);
    this.#memberSize[n] = isExpected ? size : 0;
  }

  #classify(bytes: Buffer, at: number, n: number): number {
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
    this.#keys = doubled(this.#keys, Int32Array);
    this.#keySize = doubled(this.#keySize, Uint8Array);
    this.#members = doubled(this.#members, Int32Array);
    this.#memberSize = doubled(this.#memberSize, Uint8Array);
    this.#surprises = doubled(this.#surprises, Uint8Array);
  }
}

/** Copies a text into the words of place `n`; false when it does not fit. */
function keep(view: DataView, at: number, size: number, words: Int32Array, n: number, room: number): boolean {
  if (size < 4 || size > room * 4) return false;
  for (let k = 0; k < size; k += 4) words[n * room + (k >> 2)] = wordAt(view, at, k, size);
  return true;
}

/** Four bytes from `at + k` on, or the last four of a text of `size` bytes at `at`. */
function wordAt(view: DataView, at: number, k: number, size: number): number {
  return view.getInt32(at + Math.min(k, size - 4), true);
}

/** True when the kept text of `size` bytes, 0 for none, is at `at`. Compared four bytes at a time: there are many. */
function isKept(view: DataView, at: number, words: Int32Array, from: number, size: number): boolean {
  if (size === 0 || at + size > view.byteLength) return false;
  const last = size - 4;
  let word = from;
  for (let k = 0; k < last; k += 4) if (view.getInt32(at + k, true) !== words[word++]) return false;
  return view.getInt32(at + last, true) === words[word];
}

function afterColon(bytes: Buffer, at: number): number {
  const colon = skipSpace(bytes, at);
  if (bytes[colon] !== COLON) throw new JsonSyntaxError('Expected :', colon);
  return colon + 1;
}

function isNull(view: DataView, at: number): boolean {
  return at + 4 <= view.byteLength && view.getInt32(at, true) === NULL;
}

function doubled<T extends Uint8Array | Uint32Array | Int32Array>(array: T, kind: new (length: number) => T): T {
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
