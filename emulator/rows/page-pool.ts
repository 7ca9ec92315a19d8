const SMALLEST = 1 << 16;
const LARGEST = 1 << 24;
const KEPT = 16;

/**
 * Memory for request bodies, used again and again: a body is copied out of the socket's chunks while they are still in the
 * processor's cache, and fresh memory for each would cost more than the copy.
 */
export class BodyPool {
  readonly #free: Buffer[] = [];

  /** Memory for at least `size` bytes; null when that is no number, or when the body is so small or large that it should get its own. */
  take(size: number): Buffer | null {
    if (!(size >= SMALLEST && size <= LARGEST)) return null;
    const at = this.#free.findIndex((buffer) => buffer.length >= size);
    if (at >= 0) return this.#free.splice(at, 1)[0] ?? null;
    return Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(size)));
  }

  /** Takes memory back that nobody reads any more. */
  give(buffer: Buffer): void {
    if (this.#free.length < KEPT) this.#free.push(buffer);
  }
}
