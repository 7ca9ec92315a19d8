const FIRST_SEGMENT = 1 << 14;
/** Above the size from which the C library always maps memory, so that pages come zeroed and only when they are touched. */
const LARGEST_SEGMENT = 1 << 26;

/**
 * Append-only bytes. A row lies in one segment and is followed by a comma, so that neighbours in insertion order form
 * the inside of a JSON array and are sent as one slice. Segments grow from 16 KiB to 64 MiB; a larger row gets its own.
 * They are shared memory, though nobody shares it, because that does not count as garbage to be collected soon: with
 * ordinary buffers the collector starts a full pass for every 64 MiB.
 */
export class RowSegments {
  readonly #segments: Buffer[] = [];
  #tail: Buffer = Buffer.alloc(0);
  #used = 0;

  /** Makes room for one row of `size` bytes and its comma. The place is `current`, `used`. */
  reserve(size: number): void {
    if (this.#used + size + 1 <= this.#tail.length) return;
    const next = Math.min(FIRST_SEGMENT << Math.min(this.#segments.length, 12), LARGEST_SEGMENT);
    this.#tail = Buffer.from(new SharedArrayBuffer(Math.max(next, size + 1)));
    this.#segments.push(this.#tail);
    this.#used = 0;
  }

  get tail(): Buffer {
    return this.#tail;
  }

  get used(): number {
    return this.#used;
  }

  /** Number of the segment that `tail` is. */
  get current(): number {
    return this.#segments.length - 1;
  }

  /** Takes the bytes written at `used` and puts the comma after them. */
  commit(size: number): void {
    this.#tail[this.#used + size] = 0x2c;
    this.#used += size + 1;
  }

  segment(index: number): Buffer {
    return this.#segments[index] as Buffer;
  }
}
