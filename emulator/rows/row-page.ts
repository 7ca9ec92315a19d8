import type { PiecedBody } from '../http/reply-body.ts';
import type { RowContainer } from './row-container.ts';

const COMMA = 0x2c;
const NEWLINE = 0x0a;
/** Fits into the processor's cache, so that the socket takes from there what has just been put together. */
const PIECE = 1 << 17;
const KEPT = 16;

/** Memory of pieces that have been sent. */
const free: Buffer[] = [];

/** Stored rows on their way out. */
export class RowPage {
  readonly #containers: RowContainer[] = [];
  readonly #slots: number[] = [];

  add(container: RowContainer, slot: number): void {
    this.#containers.push(container);
    this.#slots.push(slot);
  }

  /** The rows separated by commas. */
  commaSeparated(): PiecedBody {
    return this.#body(COMMA, 0);
  }

  /** One row a line. */
  lines(): PiecedBody {
    return this.#body(NEWLINE, 1);
  }

  /** @param ends how many separators follow the last row */
  #body(separator: number, ends: number): PiecedBody {
    const slots = this.#slots;
    let size = slots.length === 0 ? 0 : slots.length - 1 + ends;
    for (let n = 0; n < slots.length; n++) size += this.#container(n).sizeOf(slots[n] as number);
    return { size, pieces: () => this.#pieces(separator, ends) };
  }

  *#pieces(separator: number, ends: number): Generator<Buffer, void> {
    const slots = this.#slots;
    const memory = free.pop() ?? Buffer.allocUnsafeSlow(PIECE);
    let at = 0;
    try {
      for (let n = 0; n < slots.length; n++) {
        const slot = slots[n] as number;
        const container = this.#container(n);
        const size = container.sizeOf(slot) + 1;
        container.noteServed(slot);
        if (at + size > PIECE && at > 0) {
          yield memory.subarray(0, at);
          at = 0;
        }
        if (size > PIECE) yield container.bytesOf(slot);
        else at = container.write(slot, memory, at);
        if (n < slots.length - 1 || ends === 1) memory[at++] = separator;
      }
      if (at > 0) yield memory.subarray(0, at);
    } finally {
      if (free.length < KEPT) free.push(memory);
    }
  }

  #container(n: number): RowContainer {
    return this.#containers[n] as RowContainer;
  }
}
