import { randomUUID } from 'node:crypto';
import { hashId } from './id-index.ts';
import { formatInstant, instantOf } from './instant.ts';
import { type WriteStamp, writeKeyDigits } from './plain-layout.ts';
import type { RowContainer } from './row-container.ts';
import { fieldNumber } from './row-field.ts';
import { InvalidRowError } from './row-limits.ts';
import type { RowScanner } from './scan-row.ts';

const CREATED = fieldNumber('created');
const SPAN_ID = fieldNumber('span_id');
const ROOT_SPAN_ID = fieldNumber('root_span_id');
const SPAN_PARENTS = fieldNumber('span_parents');
const QUOTE = 0x22;
/** Shorter runs are copied by hand, because a native copy costs a call. */
const HAND_COPIED = 48;

/**
 * Stores a row that nothing else is known about: new id, no control keys. The user's bytes go in as they are, minus the
 * columns that the server sets, behind those columns. One pass over the members, no strings, no parsing.
 */
export class PlainRowWriter {
  readonly #honourCreated: boolean;
  // Of the row at hand: runs of bytes to keep, as pairs of offsets.
  #runs = new Uint32Array(128);
  #runCount = 0;
  #sent = 0;
  #isRoot = true;
  #created = 0;
  #createdAt = -1;
  #hasSpan = false;
  #hasRoot = false;

  constructor(honourCreated: boolean) {
    this.#honourCreated = honourCreated;
  }

  /** The row must have been scanned, and its id, at member `id` (-1: none), must be new; answers its JSON text. */
  write(
    container: RowContainer,
    stamp: WriteStamp,
    index: number,
    bytes: Buffer,
    scanner: RowScanner,
    id: number,
    idHash: number,
  ): string {
    this.#collect(container, stamp, bytes, scanner);
    const minted = this.#hasSpan && this.#hasRoot && id !== -1 ? '' : this.#mintedColumns(bytes, scanner, id);
    const template = container.layout.template(this.#sent, this.#isRoot, stamp);
    let size = template.bytes.length + minted.length;
    for (let run = 0; run < this.#runCount; run += 2) {
      size += (this.#runs[run + 1] as number) - (this.#runs[run] as number) + 1;
    }
    container.segments.reserve(size);
    const target = container.segments.tail;
    const start = container.segments.used;
    target.fill(template.bytes, start, start + template.bytes.length);
    writeKeyDigits(target, start + template.keyAt, stamp, index);
    if (this.#createdAt >= 0)
      copyBytes(bytes, this.#createdAt, this.#createdAt + 24, target, start + template.createdAt);
    else target.write(formatInstant(this.#created), start + template.createdAt, 'latin1');
    let at = start + template.bytes.length;
    let idAt = -1;
    if (minted.length > 0) {
      if (id === -1) idAt = at + minted.indexOf('"id":') + 5;
      at += target.write(minted, at, 'latin1');
    }
    const idValue = id === -1 ? 0 : (scanner.valueStart[id] as number);
    for (let run = 0; run < this.#runCount; run += 2) {
      const from = this.#runs[run] as number;
      const to = this.#runs[run + 1] as number;
      if (id !== -1 && idValue >= from && idValue < to) idAt = at + idValue - from;
      copyBytes(bytes, from, to, target, at);
      at += to - from;
      target[at++] = 0x2c;
    }
    // The last run's comma becomes the closing brace.
    target[at - 1] = 0x7d;
    const idSize = id === -1 ? 38 : (scanner.end[id] as number) - idValue;
    container.commit(
      {
        size: at - start,
        idStart: idAt - start,
        idSize,
        idHash: id === -1 ? hashId(target, idAt + 1, idAt + 37) : idHash,
        xact: stamp.xact,
        keyHigh: stamp.xact,
        keyLow: index,
        created: this.#created,
      },
      -1,
    );
    return target.toString('latin1', idAt, idAt + idSize);
  }

  #collect(container: RowContainer, stamp: WriteStamp, bytes: Buffer, scanner: RowScanner): void {
    const { kept, layout } = container;
    this.#runCount = 0;
    this.#sent = 0;
    this.#isRoot = true;
    this.#created = stamp.now;
    this.#createdAt = -1;
    this.#hasSpan = false;
    this.#hasRoot = false;
    let open = false;
    for (let n = 0; n < scanner.count; n++) {
      const field = scanner.field[n] as number;
      if (kept[field] === 1) {
        if (!open) this.#openRun(scanner.start[n] as number);
        this.#runs[this.#runCount - 1] = scanner.end[n] as number;
        open = true;
        this.#sent |= layout.bits[field] as number;
        if (field === SPAN_PARENTS) this.#isRoot = isNullOrEmpty(bytes, scanner, n);
        else if (field === SPAN_ID) this.#hasSpan = true;
        else if (field === ROOT_SPAN_ID) this.#hasRoot = true;
        continue;
      }
      open = false;
      if (field === CREATED && this.#honourCreated) this.#takeCreated(bytes, scanner, n);
    }
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
    if (Number.isNaN(created)) throw new InvalidRowError('created must be a timestamp');
    this.#created = created;
    if (end - start === 26) this.#createdAt = start + 1;
  }

  /** The id columns that the sender left out. Without span ids both become one fresh UUID, which is not the id (fact sheet 4.1). */
  #mintedColumns(bytes: Buffer, scanner: RowScanner, id: number): string {
    let text = id === -1 ? `"id":"${randomUUID()}",` : '';
    if (!this.#hasSpan) {
      const span = `"${randomUUID()}"`;
      text += this.#hasRoot ? `"span_id":${span},` : `"span_id":${span},"root_span_id":${span},`;
    } else if (!this.#hasRoot) {
      const n = scanner.indexOf(SPAN_ID);
      text += `"root_span_id":${bytes.toString('latin1', scanner.valueStart[n], scanner.end[n])},`;
    }
    return text;
  }
}

function copyBytes(source: Buffer, from: number, to: number, target: Buffer, at: number): void {
  if (to - from > HAND_COPIED) {
    // The one native copy that is as fast into shared memory as into any other.
    target.fill(source.subarray(from, to), at, at + to - from);
    return;
  }
  let out = at;
  for (let i = from; i < to; i++) target[out++] = source[i] as number;
}

function isNullOrEmpty(bytes: Buffer, scanner: RowScanner, n: number): boolean {
  const start = scanner.valueStart[n] as number;
  const end = scanner.end[n] as number;
  if (end - start === 2) return bytes[start] === 0x5b;
  if (bytes[start] === 0x6e) return true;
  return bytes[start] === 0x5b && /^\[\s*\]$/.test(bytes.toString('latin1', start, Math.min(end, start + 32)));
}
