/** Sizes are rounded up to this, so that pages of nearly the same size can take each other's place. */
const STEP = 256 * 1024;
/** Buffers that nobody uses and that are kept: as many as pages are read at once, so that a burst leaves no garbage. */
const MOST_IDLE = 32;

/**
 * Buffers that are used again: a fresh one for each page would have the garbage collector run for every few of them. Only
 * whoever took a buffer gives it back, when nothing reads it any more.
 */
export class BufferPool {
  private readonly idle: Buffer[] = [];

  /** A buffer of at least `size` bytes, with anything in it. */
  take(size: number): Buffer {
    // What was used last is what the processor still has at hand.
    const found = this.idle.findLastIndex(({ length }) => length >= size && length <= size * 2 + STEP);
    if (found >= 0) return this.idle.splice(found, 1)[0] as Buffer;
    return Buffer.allocUnsafeSlow(Math.ceil(size / STEP) * STEP);
  }

  give(buffer: Buffer): void {
    if (this.idle.length === MOST_IDLE) this.idle.shift();
    this.idle.push(buffer);
  }
}
