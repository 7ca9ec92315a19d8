import { pagePool } from './page-pool.ts';
import type { RowContainer } from './row-container.ts';

const COMMA = 0x2c;
const NEWLINE = 0x0a;

/** Bytes on their way out. */
export interface PageBytes {
  readonly bytes: Buffer;
  /** To be called when nobody reads the bytes any more; their memory is used again. */
  release(): void;
}

/** Stored rows on their way out. */
export class RowPage {
  readonly #containers: RowContainer[] = [];
  readonly #slots: number[] = [];

  add(container: RowContainer, slot: number): void {
    this.#containers.push(container);
    this.#slots.push(slot);
  }

  /** The rows separated by commas. */
  commaSeparated(): PageBytes {
    return this.#print(COMMA, 0);
  }

  /** One row a line. */
  lines(): PageBytes {
    return this.#print(NEWLINE, 1);
  }

  /** @param ends how many separators follow the last row */
  #print(separator: number, ends: number): PageBytes {
    const slots = this.#slots;
    let size = slots.length;
    for (let n = 0; n < slots.length; n++) size += (this.#containers[n] as RowContainer).sizeOf(slots[n] as number);
    const memory = pagePool.take(size);
    let at = 0;
    for (let n = 0; n < slots.length; n++) {
      at = (this.#containers[n] as RowContainer).write(slots[n] as number, memory, at);
      memory[at++] = separator;
    }
    const bytes = memory.subarray(0, slots.length === 0 ? 0 : at - 1 + ends);
    return { bytes, release: () => pagePool.give(memory) };
  }
}
