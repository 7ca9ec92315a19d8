import type { ContainerRef } from './container-ref.ts';
import { FieldIndex } from './field-index.ts';
import { decodedId, hashId, IdIndex } from './id-index.ts';
import { PlainLayout } from './plain-layout.ts';
import { decodeRaw, parseRawObject } from './raw-object.ts';
import { DELAYED, DELETED, RowColumns } from './row-columns.ts';
import type { FieldName } from './row-field.ts';
import { RowOrder } from './row-order.ts';
import { RowSegments } from './row-segments.ts';
import { keptFields } from './row-shape.ts';

/** What the caller knows about a row version that it has placed at the end of the segments. */
export interface Placed {
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
}

/** All versions of all rows of one container, in memory. */
export class RowContainer {
  readonly ref: ContainerRef;
  readonly columns = new RowColumns();
  readonly order = new RowOrder(this.columns);
  readonly segments = new RowSegments();
  readonly layout: PlainLayout;
  readonly kept: Uint8Array;
  /** Milliseconds since 1970 at which a slot flagged DELAYED shows up. */
  readonly visibleAt = new Map<number, number>();
  /** Rows that are not deleted. */
  liveCount = 0;
  /** Highest transaction of any version, low 48 bits; 0 when nothing was ever written. */
  lastXact = 0;
  readonly #ids: IdIndex;
  readonly #indexes = new Map<FieldName, FieldIndex>();

  constructor(ref: ContainerRef) {
    this.ref = ref;
    this.layout = new PlainLayout(ref);
    this.kept = keptFields(ref.type);
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

  /** An index over a column, built when it is first asked for. */
  index(column: FieldName): FieldIndex {
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

  /** Registers the bytes at the end of the segments as a new version; `older` is the slot that `find` gave, or -1. */
  commit(placed: Placed, older: number): number {
    const { columns, segments } = this;
    const slot = columns.append();
    columns.segment[slot] = segments.current;
    columns.offset[slot] = segments.used;
    columns.size[slot] = placed.size;
    columns.idStart[slot] = placed.idStart;
    columns.idSize[slot] = placed.idSize;
    columns.idHash[slot] = placed.idHash;
    columns.xact[slot] = placed.xact;
    columns.keyHigh[slot] = placed.keyHigh;
    columns.keyLow[slot] = placed.keyLow;
    columns.created[slot] = placed.created;
    segments.commit(placed.size);
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
    return { length: this.columns.length, lastXact: this.lastXact };
  }

  /** Undoes every commit since the mark, newest first; the bytes stay where they are. */
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
    this.lastXact = mark.lastXact;
  }

  bytesOf(slot: number): Buffer {
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
