import type { ByteWindow } from '../byte-window.ts';

/** Sizes are rounded up to this, so that pages of nearly the same size can take each other's place. */
const STEP = 256 * 1024;
/** Buffers that nobody uses and that are kept: as many as pages are read at once, so that a burst leaves no garbage. */
const MOST_IDLE = 32;
/** Kept even while the window is full: the next pages need some at once. */
const LEAST_IDLE = 4;

/**
 * Buffers that are used again: a fresh one for each page would have the garbage collector run for every few of them. Only
 * whoever took a buffer gives it back, when nothing reads it any more. Rows that are held and buffers that wait for rows
 * together take no more than the window allows rows alone.
 */
export class BufferPool {
  private readonly window: Pick<ByteWindow, 'held' | 'limit'>;
  /** The longest unused one first. */
  private readonly idle: Buffer[] = [];
  /** Bytes of the idle ones. */
  private kept = 0;

  constructor(window: Pick<ByteWindow, 'held' | 'limit'>) {
    this.window = window;
  }

  /** A buffer of at least `size` bytes, with anything in it. */
  take(size: number): Buffer {
    const found = this.idle.findIndex(({ length }) => length >= size && length <= size * 2 + STEP);
    if (found < 0) return Buffer.allocUnsafeSlow(Math.ceil(size / STEP) * STEP);
    const [buffer] = this.idle.splice(found, 1) as [Buffer];
    this.kept -= buffer.length;
    return buffer;
  }

  give(buffer: Buffer): void {
    this.idle.push(buffer);
    this.kept += buffer.length;
    while (this.idle.length > MOST_IDLE || (this.idle.length > LEAST_IDLE && this.isTooMuch)) {
      this.kept -= this.idle.shift()?.length ?? 0;
    }
  }

  private get isTooMuch(): boolean {
    return this.kept + this.window.held > this.window.limit;
  }
}
