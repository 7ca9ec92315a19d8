import type { RowContainer } from './row-container.ts';

const COMMA = 0x2c;
const NEWLINE = 0x0a;
/** More runs than this are copied together, because each costs the socket a buffer. */
const SENT_RUNS = 16;

interface Run {
  readonly segment: Buffer;
  readonly start: number;
  end: number;
}

/**
 * Stored rows on their way out. Rows that lie next to one another are one run, so a page of rows in insertion order is
 * sent from where it is stored.
 */
export class RowPage {
  count = 0;
  /** Bytes of all rows with one separator between them. */
  size = 0;
  readonly #runs: Run[] = [];
  readonly #rowEnds: number[] = [];

  add(container: RowContainer, slot: number): void {
    const { columns, segments } = container;
    const segment = segments.segment(columns.segment[slot] as number);
    const start = columns.offset[slot] as number;
    const end = start + (columns.size[slot] as number);
    const last = this.#runs[this.#runs.length - 1];
    if (last !== undefined && last.segment === segment && last.end + 1 === start) last.end = end;
    else this.#runs.push({ segment, start, end });
    this.size += end - start + (this.count > 0 ? 1 : 0);
    this.#rowEnds.push(this.size);
    this.count++;
  }

  /** The rows separated by commas. */
  commaSeparated(): Buffer[] {
    if (this.#runs.length > SENT_RUNS) return [this.#copy().subarray(0, this.size)];
    const comma = Buffer.from(',');
    return this.#runs.flatMap((run, n) => {
      const bytes = run.segment.subarray(run.start, run.end);
      return n === 0 ? [bytes] : [comma, bytes];
    });
  }

  /** One row a line. */
  lines(): Buffer {
    if (this.count === 0) return Buffer.alloc(0);
    const copy = this.#copy();
    for (const end of this.#rowEnds) copy[end] = NEWLINE;
    return copy;
  }

  /** All rows with a byte to spare at the end. */
  #copy(): Buffer {
    const copy = Buffer.allocUnsafe(this.size + 1);
    let at = 0;
    for (const run of this.#runs) {
      if (at > 0) copy[at++] = COMMA;
      at += run.segment.copy(copy, at, run.start, run.end);
    }
    return copy;
  }
}
