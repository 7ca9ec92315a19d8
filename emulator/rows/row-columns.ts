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
    this.xact = grown(this.xact);
    this.keyHigh = grown(this.keyHigh);
    this.keyLow = grown(this.keyLow);
    this.created = grown(this.created);
    this.shape = grown(this.shape);
    this.segment = grown(this.segment);
    this.offset = grown(this.offset);
    this.size = grown(this.size);
    this.previous = grown(this.previous);
    this.position = grown(this.position);
    this.flags = grown(this.flags);
    this.idHash = grown(this.idHash);
    this.idStart = grown(this.idStart);
    this.idSize = grown(this.idSize);
  }
}

type Column = Float64Array | Uint32Array | Int32Array | Uint16Array | Uint8Array;

/**
 * A column twice as long that begins with this one. Its memory is shared for the reason that http/body-memory.ts gives, and
 * copied by `fill` for the reason that `copyBytes` gives.
 */
export function grown<T extends Column>(column: T): T {
  const { buffer, byteLength } = column;
  const memory = new SharedArrayBuffer(byteLength * 2);
  Buffer.from(memory).fill(Buffer.from(buffer), 0, byteLength);
  return new (column.constructor as new (memory: SharedArrayBuffer) => T)(memory);
}
