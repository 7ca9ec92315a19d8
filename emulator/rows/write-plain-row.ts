import { randomUUID } from 'node:crypto';
import { hashId } from './id-index.ts';
import { instantOf } from './instant.ts';
import type { RowContainer } from './row-container.ts';
import { fieldNumber } from './row-field.ts';
import { IS_ROOT, ROOT_MINTED, SPAN_MINTED } from './row-head.ts';
import { InvalidRowError } from './row-limits.ts';
import { copyBytes, hasLines, joinLines } from './row-segments.ts';
import type { RowScanner } from './scan-row.ts';
import type { WriteStamp } from './write-stamp.ts';

const CREATED = fieldNumber('created');
const SPAN_ID = fieldNumber('span_id');
const ROOT_SPAN_ID = fieldNumber('root_span_id');
const SPAN_PARENTS = fieldNumber('span_parents');
const QUOTE = 0x22;
const COMMA = 0x2c;
/** Rows of smaller bodies are copied, so that they do not hold on to a buffer each. */
const ADOPTED_BODY = 1 << 16;
/** Bytes of a UUID with its quotes. */
const UUID_TEXT = 38;
/** What fits into the 24 characters that `created` has: years 0000 to 9999. */
const FIRST_INSTANT = Date.parse('0000-01-01T00:00:00Z');
const LAST_INSTANT = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * Stores a row that nothing else is known about: new id, no control keys. The columns that the server sets are cut out of
 * it by moving the rest together where it lies, and what is left stays in the request's body. One pass over the members,
 * no strings, no parsing.
 */
export class PlainRowWriter {
  readonly #honourCreated: boolean;
  // Of the row at hand: runs of members to keep, as pairs of offsets.
  #runs = new Uint32Array(128);
  #runCount = 0;
  #shape = 0;
  #created = 0;
  #hasSpan = false;
  #hasRoot = false;
  #idAt = 0;
  // Of the body at hand.
  #body: Buffer | null = null;
  #bodyIsLined = false;

  constructor(honourCreated: boolean) {
    this.#honourCreated = honourCreated;
  }

  /** The row must have been scanned, and its id, at member `id` (-1: none), must be new. May change `bytes`. */
  write(
    container: RowContainer,
    stamp: WriteStamp,
    index: number,
    bytes: Buffer,
    scanner: RowScanner,
    id: number,
    idHash: number,
  ): void {
    this.#collect(container, stamp, bytes, scanner);
    const idSize = id === -1 ? UUID_TEXT : (scanner.end[id] as number) - (scanner.valueStart[id] as number);
    this.#idAt = id === -1 ? -1 : (scanner.valueStart[id] as number);
    const minted = this.#mintedText(bytes, scanner, id);
    let start: number;
    let size = minted.length + this.#runsSize();
    let segment: number;
    if (minted === '' && bytes.length >= ADOPTED_BODY) {
      segment = container.segments.adopt(bytes);
      start = this.#joinInPlace(bytes);
    } else {
      segment = container.segments.reserve(size);
      start = container.segments.used;
      size = this.#copy(bytes, minted, container.segments.tail, start);
      container.segments.commit(size);
    }
    if (this.#isLined(bytes)) joinLines(container.segments.segment(segment), start, start + size);
    container.commit(
      {
        shape: this.#shape,
        segment,
        offset: start,
        size,
        idStart: this.#idAt - start,
        idSize,
        idHash: id === -1 ? hashId(container.segments.tail, this.#idAt + 1, this.#idAt + idSize - 1) : idHash,
        xact: stamp.xact,
        keyHigh: stamp.xact,
        keyLow: index,
        created: this.#created,
      },
      -1,
    );
  }

  #isLined(body: Buffer): boolean {
    if (body !== this.#body) {
      this.#body = body;
      this.#bodyIsLined = hasLines(body);
    }
    return this.#bodyIsLined;
  }

  #collect(container: RowContainer, stamp: WriteStamp, bytes: Buffer, scanner: RowScanner): void {
    const { kept, heads } = container;
    this.#runCount = 0;
    this.#shape = IS_ROOT;
    this.#created = stamp.now;
    this.#hasSpan = false;
    this.#hasRoot = false;
    let open = false;
    for (let n = 0; n < scanner.count; n++) {
      const field = scanner.field[n] as number;
      if (kept[field] === 1) {
        if (!open) this.#openRun(scanner.start[n] as number);
        this.#runs[this.#runCount - 1] = scanner.end[n] as number;
        open = true;
        this.#shape |= heads.bits[field] as number;
        if (field === SPAN_PARENTS) {
          this.#shape = isNullOrEmpty(bytes, scanner, n) ? this.#shape | IS_ROOT : this.#shape & ~IS_ROOT;
        } else if (field === SPAN_ID) this.#hasSpan = true;
        else if (field === ROOT_SPAN_ID) this.#hasRoot = true;
        continue;
      }
      open = false;
      if (field === CREATED && this.#honourCreated) this.#takeCreated(bytes, scanner, n);
    }
    if (!this.#hasSpan) this.#shape |= this.#hasRoot ? SPAN_MINTED : SPAN_MINTED | ROOT_MINTED;
  }

  #openRun(start: number): void {
    if (this.#runCount + 2 > this.#runs.length) {
      const larger = new Uint32Array(this.#runs.length * 2);
      larger.set(this.#runs);
      this.#runs = larger;
    }
    this.#runs[this.#runCount] = start;
    this.#runCount += 2;
  }

  #takeCreated(bytes: Buffer, scanner: RowScanner, n: number): void {
    const start = scanner.valueStart[n] as number;
    const end = scanner.end[n] as number;
    if (bytes[start] !== QUOTE) {
      if (end - start === 4 && bytes[start] === 0x6e) return;
      throw new InvalidRowError('created must be a timestamp');
    }
    const created = instantOf(bytes, start, end);
    if (!(created >= FIRST_INSTANT && created <= LAST_INSTANT)) {
      throw new InvalidRowError('created must be a timestamp');
    }
    this.#created = created;
  }

  /** Bytes of all runs with a comma between them. */
  #runsSize(): number {
    let size = Math.max(0, this.#runCount / 2 - 1);
    for (let run = 0; run < this.#runCount; run += 2) {
      size += (this.#runs[run + 1] as number) - (this.#runs[run] as number);
    }
    return size;
  }

  /**
   * What the sender left out and the row's head cannot hold: the id, and a root_span_id that repeats span_id. Without span
   * ids both become one fresh UUID, which is not the id (fact sheet 4.1); those are in the head.
   */
  #mintedText(bytes: Buffer, scanner: RowScanner, id: number): string {
    if (id !== -1 && (this.#hasRoot || !this.#hasSpan)) return '';
    let text = id === -1 ? `"id":"${randomUUID()}",` : '';
    if (this.#hasSpan && !this.#hasRoot) {
      const n = scanner.indexOf(SPAN_ID);
      text += `"root_span_id":${bytes.toString('latin1', scanner.valueStart[n], scanner.end[n])},`;
    }
    return this.#runCount === 0 ? text.slice(0, -1) : text;
  }

  /** Moves the shorter runs next to the longest one, so that little is moved; answers where the row begins then. */
  #joinInPlace(bytes: Buffer): number {
    if (this.#runCount === 2) return this.#runs[0] as number;
    const anchor = this.#longestRun();
    const id = this.#idAt;
    let front = this.#runs[anchor] as number;
    for (let run = anchor - 2; run >= 0; run -= 2) {
      const from = this.#runs[run] as number;
      const to = this.#runs[run + 1] as number;
      bytes[--front] = COMMA;
      front -= to - from;
      bytes.copyWithin(front, from, to);
      if (id >= from && id < to) this.#idAt = id + front - from;
    }
    let back = this.#runs[anchor + 1] as number;
    for (let run = anchor + 2; run < this.#runCount; run += 2) {
      const from = this.#runs[run] as number;
      const to = this.#runs[run + 1] as number;
      bytes[back++] = COMMA;
      bytes.copyWithin(back, from, to);
      if (id >= from && id < to) this.#idAt = id + back - from;
      back += to - from;
    }
    return front;
  }

  #longestRun(): number {
    let longest = 0;
    let size = 0;
    for (let run = 0; run < this.#runCount; run += 2) {
      const length = (this.#runs[run + 1] as number) - (this.#runs[run] as number);
      if (length > size) longest = run;
      size = Math.max(size, length);
    }
    return longest;
  }

  /** Copies what is kept to another place; answers its size. */
  #copy(bytes: Buffer, minted: string, target: Buffer, start: number): number {
    const id = this.#idAt;
    // A minted id comes first, behind its key.
    if (id === -1) this.#idAt = start + '"id":'.length;
    let at = start + target.write(minted, start, 'latin1');
    for (let run = 0; run < this.#runCount; run += 2) {
      const from = this.#runs[run] as number;
      const to = this.#runs[run + 1] as number;
      if (run > 0) target[at++] = COMMA;
      copyBytes(bytes, from, to, target, at);
      if (id >= from && id < to) this.#idAt = id + at - from;
      at += to - from;
    }
    return at - start;
  }
}

function isNullOrEmpty(bytes: Buffer, scanner: RowScanner, n: number): boolean {
  const start = scanner.valueStart[n] as number;
  const end = scanner.end[n] as number;
  if (end - start === 2) return bytes[start] === 0x5b;
  if (bytes[start] === 0x6e) return true;
  return bytes[start] === 0x5b && /^\[\s*\]$/.test(bytes.toString('latin1', start, Math.min(end, start + 32)));
}
