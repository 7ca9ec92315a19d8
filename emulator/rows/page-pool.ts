const KEPT = 16;
const KEPT_BYTES = 1 << 26;
const STEP = 1 << 16;

/**
 * Memory for pages of rows, used again and again, because fresh memory costs more than filling it. Shared memory for the
 * reason that row-segments.ts gives.
 */
class PagePool {
  readonly #free: Buffer[] = [];
  #bytes = 0;

  /** Memory for at least `size` bytes. */
  take(size: number): Buffer {
    const at = this.#free.findIndex((buffer) => buffer.length >= size);
    const [found] = at < 0 ? [] : this.#free.splice(at, 1);
    if (found === undefined) return Buffer.from(new SharedArrayBuffer(Math.ceil(size / STEP) * STEP));
    this.#bytes -= found.length;
    return found;
  }

  /** Takes memory back that nobody reads any more. */
  give(buffer: Buffer): void {
    if (this.#free.length >= KEPT || this.#bytes + buffer.length > KEPT_BYTES) return;
    this.#free.push(buffer);
    this.#bytes += buffer.length;
  }
}

/** Shared by all servers of the process. */
export const pagePool = new PagePool();
