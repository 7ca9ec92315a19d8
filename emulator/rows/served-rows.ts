import type { RowColumns } from './row-columns.ts';

/** Rows that are remembered; a later one takes the place of an earlier one whose hash ends alike. */
const PLACES = 1 << 18;
/** Numbers kept of a row. They lie together, because one row is looked at at a time and another one lies elsewhere. */
const WIDTH = 8;
const [HASH, SEGMENT, OFFSET, SIZE, SHAPE, ID_START, ID_SIZE] = [0, 1, 2, 3, 4, 5, 6];
/** Shapes have fewer bits than this; the type of the container stands above them. */
const TYPE_SHIFT = 24;

/**
 * Where the bytes of rows lie that were given out of late. Most writes of a rehearsed migration are copies of them, and
 * bytes that are stored already need neither memory nor reading again. A place is where the numbers of a row begin.
 */
export class ServedRows {
  readonly #rows = new Uint32Array(PLACES * WIDTH);

  /** @param type of the container, as a number */
  add({ idHash, segment, offset, size, shape, idStart, idSize }: RowColumns, slot: number, type: number): void {
    const rows = this.#rows;
    const hash = idHash[slot] as number;
    const place = (hash & (PLACES - 1)) * WIDTH;
    rows[place + HASH] = hash;
    rows[place + SEGMENT] = segment[slot] as number;
    rows[place + OFFSET] = offset[slot] as number;
    rows[place + SIZE] = size[slot] as number;
    rows[place + SHAPE] = (shape[slot] as number) | (type << TYPE_SHIFT);
    rows[place + ID_START] = idStart[slot] as number;
    rows[place + ID_SIZE] = idSize[slot] as number;
  }

  /** The place of a row whose id has this hash, or -1. */
  find(idHash: number): number {
    const place = (idHash & (PLACES - 1)) * WIDTH;
    // A size of 0: nothing is remembered here.
    return this.#rows[place + SIZE] !== 0 && this.#rows[place + HASH] === idHash >>> 0 ? place : -1;
  }

  segmentAt(place: number): number {
    return this.#rows[place + SEGMENT] as number;
  }

  offsetAt(place: number): number {
    return this.#rows[place + OFFSET] as number;
  }

  sizeAt(place: number): number {
    return this.#rows[place + SIZE] as number;
  }

  /** See row-head.ts; it means something in containers of the same type only. */
  shapeAt(place: number): number {
    return (this.#rows[place + SHAPE] as number) & ((1 << TYPE_SHIFT) - 1);
  }

  typeAt(place: number): number {
    return (this.#rows[place + SHAPE] as number) >>> TYPE_SHIFT;
  }

  /** The id's JSON text, relative to the start of the bytes. */
  idStartAt(place: number): number {
    return this.#rows[place + ID_START] as number;
  }

  /** Bytes of the id's JSON text. */
  idSizeAt(place: number): number {
    return this.#rows[place + ID_SIZE] as number;
  }
}
