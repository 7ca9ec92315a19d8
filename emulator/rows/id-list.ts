import type { RawJson } from './raw-object.ts';

const COMMA = 0x2c;

/** The ids of written rows as the inside of a JSON array, gathered as bytes because every row of a request has one. */
export class IdList {
  #bytes = Buffer.allocUnsafe(1 << 12);
  #size = 0;

  /** Adds the JSON text at `source[start..end)`. */
  add(source: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start + 1);
    const bytes = this.#bytes;
    let at = this.#size;
    if (at > 0) bytes[at++] = COMMA;
    for (let i = start; i < end; i++) bytes[at++] = source[i] as number;
    this.#size = at;
  }

  addText(id: RawJson): void {
    const bytes = Buffer.from(id, 'latin1');
    this.add(bytes, 0, bytes.length);
  }

  /** Good until the next `add`. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#size);
  }

  #reserve(size: number): void {
    if (this.#size + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#size + size));
    this.#bytes.copy(larger, 0, 0, this.#size);
    this.#bytes = larger;
  }
}
