/** Rows that are remembered; a later one takes the place of an earlier one whose hash ends alike. */
const PLACES = 1 << 18;

/**
 * Where the bytes of rows lie that were given out of late. Most writes of a rehearsed migration are copies of them, and
 * bytes that are stored already need no memory again.
 */
export class ServedRows {
  readonly #hash = new Int32Array(PLACES);
  readonly #segment = new Uint32Array(PLACES);
  readonly #offset = new Uint32Array(PLACES);
  /** 0: nothing is remembered here. */
  readonly #size = new Uint32Array(PLACES);

  add(idHash: number, segment: number, offset: number, size: number): void {
    const place = idHash & (PLACES - 1);
    this.#hash[place] = idHash;
    this.#segment[place] = segment;
    this.#offset[place] = offset;
    this.#size[place] = size;
  }

  /** The place of a row whose id has this hash and whose stored bytes are so many, or -1. */
  find(idHash: number, size: number): number {
    const place = idHash & (PLACES - 1);
    return this.#size[place] === size && this.#hash[place] === idHash ? place : -1;
  }

  segmentAt(place: number): number {
    return this.#segment[place] as number;
  }

  offsetAt(place: number): number {
    return this.#offset[place] as number;
  }
}
