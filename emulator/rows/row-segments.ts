import { ServedRows } from './served-rows.ts';

const FIRST_SEGMENT = 1 << 14;
/** Above the size from which the C library always maps memory, so that pages come zeroed and only when they are touched. */
const LARGEST_SEGMENT = 1 << 26;

const NEWLINE = 0x0a;
const SPACE = 0x20;

/** Shorter texts are copied by hand, because a native copy costs a call. */
const HAND_COPIED = 48;

/** Copies bytes into other memory. `fill` is the one native copy that does not go byte by byte when one side is shared. */
export function copyBytes(source: Buffer, from: number, to: number, target: Buffer, at: number): void {
  if (to - from > HAND_COPIED) {
    target.fill(source.subarray(from, to), at, at + to - from);
    return;
  }
  let out = at;
  for (let i = from; i < to; i++) target[out++] = source[i] as number;
}

/** Puts spaces for newlines between the tokens of a row, because rows are also given out one a line. */
export function joinLines(bytes: Buffer, start: number, end: number): void {
  for (let i = start; i < end; i++) if (bytes[i] === NEWLINE) bytes[i] = SPACE;
}

export function hasLines(bytes: Buffer): boolean {
  return bytes.includes(NEWLINE);
}

export interface SegmentMark {
  readonly count: number;
  readonly used: number;
}

/**
 * The bytes of a store's rows: append-only segments that grow from 16 KiB to 64 MiB; a larger row gets its own. They are
 * shared memory for the reason that http/body-memory.ts gives.
 */
export class RowSegments {
  readonly served = new ServedRows();
  readonly #segments: Buffer[] = [];
  #tail: Buffer = Buffer.alloc(0);
  #used = 0;

  segment(number: number): Buffer {
    return this.#segments[number] as Buffer;
  }

  /** Makes room for `size` bytes; answers the number of the segment `tail`, where they may be written from `used` on. */
  reserve(size: number): number {
    const count = this.#segments.length;
    if (this.#used + size <= this.#tail.length) return count - 1;
    const next = Math.min(FIRST_SEGMENT << Math.min(count, 12), LARGEST_SEGMENT);
    this.#tail = Buffer.from(new SharedArrayBuffer(Math.max(next, size)));
    this.#segments.push(this.#tail);
    this.#used = 0;
    return count;
  }

  get tail(): Buffer {
    return this.#tail;
  }

  get used(): number {
    return this.#used;
  }

  /** Keeps the bytes written at `used`. */
  commit(size: number): void {
    this.#used += size;
  }

  mark(): SegmentMark {
    return { count: this.#segments.length, used: this.#used };
  }

  /** Gives up what was written since a mark; nothing when that was given up already. */
  rollback({ count, used }: SegmentMark): void {
    if (count > this.#segments.length || (count === this.#segments.length && used >= this.#used)) return;
    this.#segments.length = count;
    this.#tail = this.#segments[count - 1] ?? Buffer.alloc(0);
    this.#used = used;
  }
}
