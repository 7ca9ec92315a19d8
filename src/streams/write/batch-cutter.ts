import type { ReadyPage, RowBatch } from './ready-page.ts';
import { type BatchPart, bytesOf, ENVELOPE_BYTES, runOf } from './row-batch.ts';
import type { BatchLimits } from './write-routes.ts';

/** The key of a row of a page, or null when it has none. */
export type KeyOf = (row: number) => string | null;

/** Cuts pages into batches, in their order, never splitting a row. What does not fill a batch waits for more. */
export class BatchCutter {
  private readonly limits: () => BatchLimits;
  private readonly emit: (batch: RowBatch) => void;
  private parts: BatchPart<ReadyPage>[] = [];
  private opens: ReadyPage[] = [];
  private rows = 0;
  private bytes = ENVELOPE_BYTES;
  private upTo: string | null = null;

  /** `limits` are asked for before each cut: they may change while pages come. */
  constructor(limits: () => BatchLimits, emit: (batch: RowBatch) => void) {
    this.limits = limits;
    this.emit = emit;
  }

  /** True when nothing waits. */
  get empty(): boolean {
    return this.opens.length === 0 && this.parts.length === 0;
  }

  /** `keyOf` is asked only before this returns; null when keys of the page do not ascend. */
  add(page: ReadyPage, keyOf: KeyOf | null): void {
    this.opens.push(page);
    for (const part of page.parts) this.addPart(part, keyOf);
    if (page.completeUpTo !== null) this.upTo = page.completeUpTo;
  }

  /** Emits what waits, if anything does. */
  flush(): void {
    if (this.empty) return;
    const batch = { run: runOf(this.parts), upTo: this.upTo, opens: this.opens };
    this.parts = [];
    this.opens = [];
    this.rows = 0;
    this.bytes = ENVELOPE_BYTES;
    this.emit(batch);
  }

  private addPart({ source, from, to }: BatchPart<ReadyPage>, keyOf: KeyOf | null): void {
    let at = from;
    while (at < to) {
      const limits = this.limits();
      const comma = this.parts.length === 0 ? 0 : 1;
      const fit = fitting(source, at, to, limits.bytes - this.bytes - comma, limits.rows - this.rows);
      if (fit === at && this.rows > 0) {
        this.cutBefore(at, source, keyOf);
        continue;
      }
      // A row above the limit is a batch of its own.
      const part = { source, from: at, to: Math.max(fit, at + 1) };
      this.parts.push(part);
      this.rows += part.to - at;
      this.bytes += comma + bytesOf(part);
      at = part.to;
      if (at < to) this.cutBefore(at, source, keyOf);
    }
  }

  /** Rows of one key are only done when all of them are. */
  private cutBefore(row: number, { completeUpTo }: ReadyPage, keyOf: KeyOf | null): void {
    if (keyOf !== null && row > 0) {
      const [last, next] = [keyOf(row - 1), keyOf(row)];
      const isWhole = last !== null && next !== null && last < next;
      if (isWhole && completeUpTo !== null && last <= completeUpTo) this.upTo = last;
    }
    this.flush();
  }
}

/** The row behind the last one that fits. */
function fitting(source: ReadyPage, from: number, to: number, bytes: number, rows: number): number {
  const start = source.starts[from] as number;
  let low = from;
  let high = Math.min(to, from + Math.max(0, rows));
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((source.ends[middle - 1] as number) - start <= bytes) low = middle;
    else high = middle - 1;
  }
  return low;
}
