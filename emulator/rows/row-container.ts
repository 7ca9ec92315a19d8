import { CONTAINER_TYPES, type ContainerRef } from './container-ref.ts';
import { FieldIndex } from './field-index.ts';
import { decodedId, hashId, IdIndex } from './id-index.ts';
import type { IdList } from './id-list.ts';
import { decodeRaw, parseRawObject } from './raw-object.ts';
import { DELAYED, DELETED, RowColumns } from './row-columns.ts';
import type { FieldName } from './row-field.ts';
import { RowHeads, WHOLE } from './row-head.ts';
import { RowOrder } from './row-order.ts';
import { copyBytes, hasLines, joinLines, type RowSegments, type SegmentMark } from './row-segments.ts';
import { keptFields } from './row-shape.ts';

const CLOSE_BRACE = 0x7d;

/** A row version whose bytes lie in a segment. */
export interface Placed {
  readonly shape: number;
  readonly segment: number;
  readonly offset: number;
  readonly size: number;
  readonly idStart: number;
  readonly idSize: number;
  readonly idHash: number;
  readonly xact: number;
  readonly keyHigh: number;
  readonly keyLow: number;
  readonly created: number;
}

export interface ContainerMark {
  readonly length: number;
  readonly lastXact: number;
  readonly segments: SegmentMark;
}

/** All versions of all rows of one container, in memory. */
export class RowContainer {
  readonly ref: ContainerRef;
  readonly columns = new RowColumns();
  readonly order = new RowOrder(this.columns);
  readonly segments: RowSegments;
  readonly heads: RowHeads;
  readonly kept: Uint8Array;
  /** Its type as a number, for what is kept in typed arrays. */
  readonly typeNumber: number;
  /** Milliseconds since 1970 at which a slot flagged DELAYED shows up. */
  readonly visibleAt = new Map<number, number>();
  /** Rows that are not deleted. */
  liveCount = 0;
  /** Highest transaction of any version, low 48 bits; 0 when nothing was ever written. */
  lastXact = 0;
  readonly #ids: IdIndex;
  readonly #indexes = new Map<FieldName, FieldIndex>();

  constructor(ref: ContainerRef, segments: RowSegments) {
    this.ref = ref;
    this.segments = segments;
    this.heads = new RowHeads(ref, this.columns);
    this.kept = keptFields(ref.type);
    this.typeNumber = CONTAINER_TYPES.indexOf(ref.type);
    this.#ids = new IdIndex(this.columns, (slot, bytes, start, end) => this.#sameId(slot, bytes, start, end));
  }

  /** Newest slot of the id whose text lies at `bytes[start..end)` without quotes, deleted ones included; -1 if unknown. */
  find(bytes: Buffer, start: number, end: number, hash: number): number {
    return this.#ids.find(bytes, start, end, hash);
  }

  findId(id: string): number {
    const bytes = Buffer.from(JSON.stringify(id));
    return this.find(bytes, 1, bytes.length - 1, hashId(bytes, 1, bytes.length - 1));
  }

  /** Newest slot of the row that a JSON text holds. */
  findText(text: Buffer): number {
    const id = parseRawObject(text.toString('latin1'))?.get('id')?.value;
    return id === undefined ? -1 : this.findId(String(decodeRaw(id)));
  }

  /**
   * Positions of rows that have, or had, one of the values in a column; ascending, without repetition. Ids have an index
   * anyway; that of another column is built when it is first asked for.
   */
  positions(column: FieldName, values: readonly string[]): number[] {
    return column === 'id' ? this.#positionsOfIds(values) : this.#index(column).positions(values);
  }

  #positionsOfIds(ids: readonly string[]): number[] {
    const found = new Set<number>();
    for (const id of ids) {
      // An id that was deleted and came back has had several positions.
      for (let slot = this.findId(id); slot !== -1; slot = this.columns.previous[slot] as number) {
        found.add(this.columns.position[slot] as number);
      }
    }
    return [...found].sort((a, b) => a - b);
  }

  #index(column: FieldName): FieldIndex {
    const known = this.#indexes.get(column);
    if (known !== undefined) return known;
    const index = new FieldIndex(this, column);
    this.#indexes.set(column, index);
    return index;
  }

  /** The halves of a version's pagination key; see row-columns.ts. */
  keyOf(slot: number): { keyHigh: number; keyLow: number } {
    return { keyHigh: this.columns.keyHigh[slot] as number, keyLow: this.columns.keyLow[slot] as number };
  }

  isLive(slot: number): boolean {
    return slot !== -1 && ((this.columns.flags[slot] as number) & DELETED) === 0;
  }

  /** Copies a whole row into the segments. */
  append(text: Buffer): Pick<Placed, 'shape' | 'segment' | 'offset' | 'size'> {
    const { segments } = this;
    const segment = segments.reserve(text.length);
    const offset = segments.used;
    copyBytes(text, 0, text.length, segments.tail, offset);
    if (hasLines(text)) joinLines(segments.tail, offset, offset + text.length);
    segments.commit(text.length);
    return { shape: WHOLE, segment, offset, size: text.length };
  }

  /** Registers bytes in the segments as a new version; `older` is the slot that `find` gave, or -1. */
  commit(placed: Placed, older: number): number {
    const { columns } = this;
    const slot = columns.append();
    columns.shape[slot] = placed.shape;
    columns.segment[slot] = placed.segment;
    columns.offset[slot] = placed.offset;
    columns.size[slot] = placed.size;
    columns.idStart[slot] = placed.idStart;
    columns.idSize[slot] = placed.idSize;
    columns.idHash[slot] = placed.idHash;
    columns.xact[slot] = placed.xact;
    columns.keyHigh[slot] = placed.keyHigh;
    columns.keyLow[slot] = placed.keyLow;
    columns.created[slot] = placed.created;
    if (placed.xact > this.lastXact) this.lastXact = placed.xact;
    if (older === -1) this.#ids.add(slot);
    else {
      this.#ids.move(older, slot);
      columns.previous[slot] = older;
    }
    if (this.isLive(older)) this.order.replace(slot, older);
    else {
      this.order.append(slot);
      this.liveCount++;
    }
    return slot;
  }

  /** Turns a version that was just committed over a live one into a tombstone. */
  markDeleted(slot: number): void {
    this.columns.flags[slot] = (this.columns.flags[slot] as number) | DELETED;
    this.liveCount--;
  }

  /** Keeps a version out of sight until the given time. */
  delay(slot: number, until: number): void {
    this.columns.flags[slot] = (this.columns.flags[slot] as number) | DELAYED;
    this.visibleAt.set(slot, until);
  }

  /** A point to which `rollback` can return. */
  mark(): ContainerMark {
    return { length: this.columns.length, lastXact: this.lastXact, segments: this.segments.mark() };
  }

  /** Undoes every commit since the mark, newest first. */
  rollback(mark: ContainerMark): void {
    const { columns } = this;
    for (let slot = columns.length - 1; slot >= mark.length; slot--) {
      const older = columns.previous[slot] as number;
      const deleted = !this.isLive(slot);
      this.#ids.move(slot, older);
      if (this.isLive(older)) {
        this.order.slots[columns.position[slot] as number] = older;
        if (deleted) this.liveCount++;
      } else {
        this.order.pop();
        this.liveCount--;
      }
      this.visibleAt.delete(slot);
    }
    columns.length = mark.length;
    this.segments.rollback(mark.segments);
    this.lastXact = mark.lastXact;
  }

  /** Bytes of a whole version. */
  sizeOf(slot: number): number {
    const shape = this.columns.shape[slot] as number;
    const size = this.columns.size[slot] as number;
    return shape === WHOLE ? size : this.heads.size(shape) + size + 1;
  }

  /** Takes note that a version is given out, because it may come back as a row of another container. */
  noteServed(slot: number): void {
    this.segments.served.add(this.columns, slot, this.typeNumber);
  }

  /** Writes a whole version; answers the offset behind it. */
  write(slot: number, target: Buffer, at: number): number {
    const isWhole = this.columns.shape[slot] === WHOLE;
    const start = isWhole ? at : at + this.heads.write(slot, target, at);
    const end = start + (this.columns.size[slot] as number);
    const offset = this.columns.offset[slot] as number;
    const segment = this.segments.segment(this.columns.segment[slot] as number);
    copyBytes(segment, offset, offset + end - start, target, start);
    if (isWhole) return end;
    target[end] = CLOSE_BRACE;
    return end + 1;
  }

  /** A whole version, to be read and not changed. */
  bytesOf(slot: number): Buffer {
    if (this.columns.shape[slot] === WHOLE) return this.#stored(slot);
    const bytes = Buffer.allocUnsafe(this.sizeOf(slot));
    this.write(slot, bytes, 0);
    return bytes;
  }

  /** The JSON text of a version's id. */
  idOf(slot: number): string {
    const start = (this.columns.offset[slot] as number) + (this.columns.idStart[slot] as number);
    const segment = this.segments.segment(this.columns.segment[slot] as number);
    return segment.toString('utf8', start, start + (this.columns.idSize[slot] as number));
  }

  addIdTo(ids: IdList, slot: number): void {
    const start = (this.columns.offset[slot] as number) + (this.columns.idStart[slot] as number);
    const segment = this.segments.segment(this.columns.segment[slot] as number);
    ids.add(segment, start, start + (this.columns.idSize[slot] as number));
  }

  #stored(slot: number): Buffer {
    const { segment, offset, size } = this.columns;
    const start = offset[slot] as number;
    return this.segments.segment(segment[slot] as number).subarray(start, start + (size[slot] as number));
  }

  #sameId(slot: number, bytes: Buffer, start: number, end: number): boolean {
    const { columns } = this;
    const stored = this.segments.segment(columns.segment[slot] as number);
    const first = (columns.offset[slot] as number) + (columns.idStart[slot] as number) + 1;
    const last = first + (columns.idSize[slot] as number) - 2;
    if (last - first === end - start && stored.compare(bytes, start, end, first, last) === 0) return true;
    return decodedId(stored, first, last) === decodedId(bytes, start, end);
  }
}
