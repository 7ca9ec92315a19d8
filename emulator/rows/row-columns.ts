/** The row is gone from this version on. */
export const DELETED = 1;
/** The row has an entry in the container's visibility table. */
export const DELAYED = 2;

/**
 * What is known about each stored version of a row without reading it, one typed array per property. A version is named
 * by its slot, in order of writing. 48-bit halves are kept as doubles, because they are exact there and fast to compare.
 */
export class RowColumns {
  length = 0;
  /** Low 48 bits of the transaction that wrote this version. */
  xact = new Float64Array(16);
  /** `_pagination_key` without its low 16 bits; Infinite when the row has none, so that it sorts to one end. */
  keyHigh = new Float64Array(16);
  keyLow = new Uint16Array(16);
  /** Milliseconds since 1970. */
  created = new Float64Array(16);
  /** How the stored bytes become the row; see row-head.ts. */
  shape = new Uint32Array(16);
  segment = new Uint32Array(16);
  offset = new Uint32Array(16);
  size = new Uint32Array(16);
  /** Slot of the version before this one, or -1. */
  previous = new Int32Array(16);
  /** Place of the row in the container's order. */
  position = new Int32Array(16);
  flags = new Uint8Array(16);
  idHash = new Int32Array(16);
  /** The id's JSON text, relative to the start of the stored bytes. */
  idStart = new Uint32Array(16);
  idSize = new Uint32Array(16);

  /** A new slot, all zero except `previous`. */
  append(): number {
    if (this.length === this.xact.length) this.#grow();
    const slot = this.length++;
    this.flags[slot] = 0;
    this.previous[slot] = -1;
    return slot;
  }

  #grow(): void {
    const capacity = this.xact.length * 2;
    this.xact = grown(this.xact, new Float64Array(capacity));
    this.keyHigh = grown(this.keyHigh, new Float64Array(capacity));
    this.keyLow = grown(this.keyLow, new Uint16Array(capacity));
    this.created = grown(this.created, new Float64Array(capacity));
    this.shape = grown(this.shape, new Uint32Array(capacity));
    this.segment = grown(this.segment, new Uint32Array(capacity));
    this.offset = grown(this.offset, new Uint32Array(capacity));
    this.size = grown(this.size, new Uint32Array(capacity));
    this.previous = grown(this.previous, new Int32Array(capacity));
    this.position = grown(this.position, new Int32Array(capacity));
    this.flags = grown(this.flags, new Uint8Array(capacity));
    this.idHash = grown(this.idHash, new Int32Array(capacity));
    this.idStart = grown(this.idStart, new Uint32Array(capacity));
    this.idSize = grown(this.idSize, new Uint32Array(capacity));
  }
}

type Column = Float64Array | Uint32Array | Int32Array | Uint16Array | Uint8Array;

/** Copies a full column into a larger one. */
export function grown<T extends Column>(column: Column, larger: T): T {
  larger.set(column);
  return larger;
}
