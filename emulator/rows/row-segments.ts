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

/**
 * The bytes of rows: request bodies that became ours, and append-only segments for what has no body to lie in. Segments
 * grow from 16 KiB to 64 MiB; a larger row gets its own. They are shared memory, though nobody shares it, because that
 * does not count as garbage to be collected soon: with ordinary buffers the collector starts a full pass for every 64 MiB.
 */
export class RowSegments {
  readonly #segments: Buffer[] = [];
  #tail: Buffer = Buffer.alloc(0);
  #tailNumber = -1;
  #grown = 0;
  #used = 0;

  get count(): number {
    return this.#segments.length;
  }

  segment(number: number): Buffer {
    return this.#segments[number] as Buffer;
  }

  /** The number of a body whose memory nobody else changes any more. */
  adopt(body: Buffer): number {
    const last = this.#segments.length - 1;
    if (this.#segments[last] === body) return last;
    this.#segments.push(body);
    return last + 1;
  }

  /** Makes room for `size` bytes; answers the number of the segment `tail`, where they may be written from `used` on. */
  reserve(size: number): number {
    if (this.#used + size > this.#tail.length) {
      const next = Math.min(FIRST_SEGMENT << Math.min(this.#grown++, 12), LARGEST_SEGMENT);
      this.#tail = Buffer.from(new SharedArrayBuffer(Math.max(next, size)));
      this.#tailNumber = this.#segments.length;
      this.#segments.push(this.#tail);
      this.#used = 0;
    }
    return this.#tailNumber;
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

  /** Gives up every segment from number `count` on. */
  truncate(count: number): void {
    this.#segments.length = count;
    if (this.#tailNumber < count) return;
    this.#tail = Buffer.alloc(0);
    this.#used = 0;
  }
}
