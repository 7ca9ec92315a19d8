import { randomUUID } from 'node:crypto';
import { hashId } from './id-index.ts';
import type { RowContainer } from './row-container.ts';
import { fieldNumber } from './row-field.ts';
import { IS_ROOT, ROOT_MINTED, SPAN_MINTED } from './row-head.ts';
import { copyBytes, hasLines, joinLines, type RowSegments } from './row-segments.ts';
import type { RowScanner } from './scan-row.ts';
import { isNullMember, sentCreated } from './sent-created.ts';
import type { WriteStamp } from './write-stamp.ts';

const CREATED = fieldNumber('created');
const SPAN_ID = fieldNumber('span_id');
const ROOT_SPAN_ID = fieldNumber('root_span_id');
const SPAN_PARENTS = fieldNumber('span_parents');
const LETTER_N = 0x6e;
const COMMA = 0x2c;
/** Bytes of a UUID with its quotes. */
const UUID_TEXT = 38;

/**
 * Stores a row that nothing else is known about: new id, no control keys. The columns that the server sets are cut out of
 * it, and what is left is copied into the segments, unless the same bytes are there already because the row is a copy of
 * one that was given out. One pass over the members, no strings, no parsing.
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

  /** The row must have been scanned, and its id, at member `id` (-1: none), must be new. */
  write(
    container: RowContainer,
    stamp: WriteStamp,
    index: number,
    bytes: Buffer,
    scanner: RowScanner,
    id: number,
    idHash: number,
  ): void {
    const { segments } = container;
    if (!this.#collect(container, stamp, bytes, scanner, true)) this.#collect(container, stamp, bytes, scanner, false);
    const idSize = id === -1 ? UUID_TEXT : (scanner.end[id] as number) - (scanner.valueStart[id] as number);
    this.#idAt = id === -1 ? -1 : (scanner.valueStart[id] as number);
    const minted = this.#mintedText(bytes, scanner, id);
    let size = minted.length + this.#runsSize();
    const known = minted === '' ? this.#findStored(segments, bytes, idHash, size) : -1;
    let segment: number;
    let start: number;
    if (known !== -1) {
      segment = segments.served.segmentAt(known);
      start = segments.served.offsetAt(known);
    } else {
      segment = segments.reserve(size);
      start = segments.used;
      size = this.#copy(bytes, minted, segments.tail, start);
      segments.commit(size);
      if (this.#isLined(bytes)) joinLines(segments.tail, start, start + size);
    }
    container.commit(
      {
        shape: this.#shape,
        segment,
        offset: start,
        size,
        idStart: this.#idAt - start,
        idSize,
        idHash: id === -1 ? hashId(segments.tail, this.#idAt + 1, this.#idAt + idSize - 1) : idHash,
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

  /**
   * Finds what to keep. Nulls in front of everything else are shown by the row's head just as well, in which they stand
   * when the row was read from here; with `cutsNulls` they are not kept. False when one of these columns comes again.
   */
  #collect(
    container: RowContainer,
    stamp: WriteStamp,
    bytes: Buffer,
    scanner: RowScanner,
    cutsNulls: boolean,
  ): boolean {
    const { kept, heads } = container;
    this.#runCount = 0;
    this.#shape = IS_ROOT;
    this.#created = stamp.now;
    this.#hasSpan = false;
    this.#hasRoot = false;
    let open = false;
    let cut = 0;
    for (let n = 0; n < scanner.count; n++) {
      const field = scanner.field[n] as number;
      if (kept[field] === 1) {
        const bit = heads.bits[field] as number;
        // Ascending bits are the order in which the head shows them.
        if (cutsNulls && bit > cut && this.#runCount === 0 && isNullMember(bytes, scanner, n)) {
          cut |= bit;
          open = false;
          continue;
        }
        if (!open) this.#openRun(scanner.start[n] as number);
        this.#runs[this.#runCount - 1] = scanner.end[n] as number;
        open = true;
        this.#shape |= bit;
        if (field === SPAN_PARENTS) {
          this.#shape = isNullOrEmpty(bytes, scanner, n) ? this.#shape | IS_ROOT : this.#shape & ~IS_ROOT;
        } else if (field === SPAN_ID) this.#hasSpan = true;
        else if (field === ROOT_SPAN_ID) this.#hasRoot = true;
        continue;
      }
      open = false;
      if (field === CREATED && this.#honourCreated) this.#created = sentCreated(bytes, scanner, n) ?? this.#created;
    }
    if (!this.#hasSpan) this.#shape |= this.#hasRoot ? SPAN_MINTED : SPAN_MINTED | ROOT_MINTED;
    return (this.#shape & cut) === 0;
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

  /** Where exactly these bytes are stored, a place in the served rows or -1; moves `#idAt` there. */
  #findStored(segments: RowSegments, bytes: Buffer, idHash: number, size: number): number {
    const place = segments.served.find(idHash);
    if (place === -1 || segments.served.sizeAt(place) !== size) return -1;
    const stored = segments.segment(segments.served.segmentAt(place));
    let at = segments.served.offsetAt(place);
    let id = this.#idAt;
    for (let run = 0; run < this.#runCount; run += 2) {
      const from = this.#runs[run] as number;
      const to = this.#runs[run + 1] as number;
      if (run > 0 && stored[at++] !== COMMA) return -1;
      if (stored.compare(bytes, from, to, at, at + to - from) !== 0) return -1;
      if (this.#idAt >= from && this.#idAt < to) id = this.#idAt + at - from;
      at += to - from;
    }
    this.#idAt = id;
    return place;
  }

  /** Copies what is kept; answers its size. */
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
  if (bytes[start] === LETTER_N) return true;
  return bytes[start] === 0x5b && /^\[\s*\]$/.test(bytes.toString('latin1', start, Math.min(end, start + 32)));
}
