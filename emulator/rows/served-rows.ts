/** Rows that are remembered; a later one takes the place of an earlier one whose hash ends alike. */
const PLACES = 1 << 18;

/** A row that was given out, and where its bytes lie. */
export interface ServedRow {
  readonly idHash: number;
  readonly segment: number;
  readonly offset: number;
  readonly size: number;
  /** See row-head.ts; it means something in containers of the same type only. */
  readonly shape: number;
  readonly type: number;
  /** The id's JSON text, relative to the start of the bytes. */
  readonly idStart: number;
}

/**
 * Where the bytes of rows lie that were given out of late. Most writes of a rehearsed migration are copies of them, and
 * bytes that are stored already need neither memory nor reading again.
 */
export class ServedRows {
  readonly #hash = new Int32Array(PLACES);
  readonly #segment = new Uint32Array(PLACES);
  readonly #offset = new Uint32Array(PLACES);
  /** 0: nothing is remembered here. */
  readonly #size = new Uint32Array(PLACES);
  readonly #shape = new Uint32Array(PLACES);
  readonly #type = new Uint8Array(PLACES);
  readonly #idStart = new Uint32Array(PLACES);

  add({ idHash, segment, offset, size, shape, type, idStart }: ServedRow): void {
    const place = idHash & (PLACES - 1);
    this.#hash[place] = idHash;
    this.#segment[place] = segment;
    this.#offset[place] = offset;
    this.#size[place] = size;
    this.#shape[place] = shape;
    this.#type[place] = type;
    this.#idStart[place] = idStart;
  }

  /** The place of a row whose id has this hash, or -1. */
  find(idHash: number): number {
    const place = idHash & (PLACES - 1);
    return this.#size[place] !== 0 && this.#hash[place] === idHash ? place : -1;
  }

  segmentAt(place: number): number {
    return this.#segment[place] as number;
  }

  offsetAt(place: number): number {
    return this.#offset[place] as number;
  }

  sizeAt(place: number): number {
    return this.#size[place] as number;
  }

  shapeAt(place: number): number {
    return this.#shape[place] as number;
  }

  typeAt(place: number): number {
    return this.#type[place] as number;
  }

  idStartAt(place: number): number {
    return this.#idStart[place] as number;
  }
}
