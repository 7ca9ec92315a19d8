const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
/** Heads that were learnt and did not come again, from which on learning another one is not worth it. */
const TOO_MANY = 8;

/** Offsets of a text that may be another one of the same size in every row. */
export interface HeadText {
  readonly start: number;
  readonly end: number;
}

/**
 * The bytes of a row in front of what is a copy. Rows of a page begin alike but for their keys and times, so that what was
 * found out about one head holds for the next: one comparison of memory takes the place of reading it.
 *
 * States: unknown -> learnt -> repeated, over and over; a row that begins in another way leads back to unknown.
 */
export class RepeatedHead {
  /** Bytes; 0 while no head is known. */
  size = 0;
  /** Where the row begins whose head was learnt or repeated last. */
  rowStart = 0;
  #bytes = Buffer.alloc(512);
  readonly #texts: number[] = [];
  #unused = 0;

  forget(): void {
    this.size = 0;
  }

  /** Another body begins, whose rows may all begin alike. */
  startOver(): void {
    this.#unused = 0;
  }

  /** Takes note of the head `bytes[start..end)`, in which `texts` may be others next time: insides of strings. */
  learn(bytes: Buffer, start: number, end: number, texts: readonly HeadText[]): void {
    if (this.#unused++ === TOO_MANY) {
      this.#unused = TOO_MANY;
      return;
    }
    const size = end - start;
    if (size > this.#bytes.length) this.#bytes = Buffer.alloc(size * 2);
    bytes.copy(this.#bytes, 0, start, end);
    this.size = size;
    this.rowStart = start;
    this.#texts.length = 0;
    for (const text of texts) this.#texts.push(text.start - start, text.end - start);
  }

  /** True when the row at `at` begins in the same way: the same members at the same distances. */
  isAt(bytes: Buffer, at: number): boolean {
    const { size } = this;
    if (size === 0 || at + size >= bytes.length) return false;
    const own = this.#bytes;
    const texts = this.#texts;
    for (let n = 0; n < texts.length; n += 2) {
      const end = texts[n + 1] as number;
      for (let i = texts[n] as number; i < end; i++) {
        const c = bytes[at + i] as number;
        if (c === QUOTE || c === BACKSLASH || c < SPACE) return false;
        own[i] = c;
      }
    }
    if (own.compare(bytes, at, at + size, 0, size) !== 0) return false;
    this.#unused = 0;
    return true;
  }
}
