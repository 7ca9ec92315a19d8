import { copyOfRows, type ReadyPage, type RowBatch } from './ready-page.ts';
import { type BatchPart, bytesOf, ENVELOPE_BYTES, runOf } from './row-batch.ts';
import { type BatchLimits, LARGEST_ROW } from './write-routes.ts';

/** The key of a row of a page, or null when it has none. */
export type KeyOf = (row: number) => string | null;

/**
 * Cuts pages into batches, in their order, never splitting a row. What does not fill a batch waits for more.
 *
 * The last rows of a page may have a key that rows of the next page share. They wait until the next page comes, so that a
 * position stands at the end of each batch and an interrupted copy sends no recorded row again.
 */
export class BatchCutter {
  private readonly limits: () => BatchLimits;
  private readonly emit: (batch: RowBatch) => void;
  private parts: BatchPart<ReadyPage>[] = [];
  private opens: ReadyPage[] = [];
  private emitted = 0;
  private rows = 0;
  private size = ENVELOPE_BYTES;
  private upTo: string | null = null;
  /** The greatest key of all rows that came, also of those whose key may not be complete. */
  private lastKey: string | null = null;
  /** Copies of rows whose key may not be complete: the page they came from need not wait for them. */
  private tail: ReadyPage | null = null;

  /** `limits` are asked for before each cut: they may change while pages come. */
  constructor(limits: () => BatchLimits, emit: (batch: RowBatch) => void) {
    this.limits = limits;
    this.emit = emit;
  }

  /** True when nothing waits, but for rows that wait for the next page. */
  get empty(): boolean {
    return this.opens.length === 0 && this.parts.length === 0;
  }

  /** Of the body that `flush` would emit. */
  get bytes(): number {
    return this.size;
  }

  /** `keyOf` is asked only before this returns; null when keys of the page do not ascend. */
  add(page: ReadyPage, keyOf: KeyOf | null): void {
    this.addTail();
    this.opens.push(page);
    const end = keyOf === null ? page.starts.length : completeRows(page, keyOf);
    const late: BatchPart<ReadyPage>[] = [];
    for (const { source, from, to } of page.parts) {
      const cut = Math.min(to, Math.max(from, end));
      if (cut > from) this.addPart({ source, from, to: cut }, keyOf);
      if (cut < to) late.push({ source, from: cut, to });
    }
    if (late.length > 0) {
      this.tail = copyOfRows(page, late);
      page.rowsLeft -= this.tail.rowsLeft;
    }
    if (page.completeUpTo !== null) this.upTo = page.completeUpTo;
    this.lastKey = greater(this.lastKey, greater(page.completeUpTo, page.lastKey));
  }

  /** Emits what waits, when no more pages come: now the last key is complete, too, even if no row of it is to be written. */
  finish(): void {
    this.addTail();
    const isBehind = this.upTo !== this.lastKey;
    this.upTo = this.lastKey;
    if (isBehind || !this.empty) this.emitBatch();
  }

  /** Emits what waits, if anything does, except rows that wait for the next page. */
  flush(): void {
    if (!this.empty) this.emitBatch();
  }

  private emitBatch(): void {
    const batch = { number: this.emitted++, run: runOf(this.parts), upTo: this.upTo, opens: this.opens };
    this.parts = [];
    this.opens = [];
    this.rows = 0;
    this.size = ENVELOPE_BYTES;
    this.emit(batch);
  }

  private addTail(): void {
    const { tail } = this;
    this.tail = null;
    if (tail === null) return;
    this.opens.push(tail);
    for (const part of tail.parts) this.addPart(part, null);
  }

  /** Rows that are too large for the platform are batches of their own, whatever a batch may hold. */
  private addPart(part: BatchPart<ReadyPage>, keyOf: KeyOf | null): void {
    const { source, from, to } = part;
    if (bytesOf(part) <= LARGEST_ROW) {
      this.addRows(part, keyOf);
      return;
    }
    let first = from;
    for (let n = from; n < to; n++) {
      const row = { source, from: n, to: n + 1 };
      if (bytesOf(row) <= LARGEST_ROW) continue;
      if (n > first) this.addRows({ source, from: first, to: n }, keyOf);
      if (this.rows > 0) this.cutBefore(n, source, keyOf);
      this.addRows(row, keyOf);
      if (n + 1 < to) this.cutBefore(n + 1, source, keyOf);
      else this.flush();
      first = n + 1;
    }
    if (first < to) this.addRows({ source, from: first, to }, keyOf);
  }

  private addRows({ source, from, to }: BatchPart<ReadyPage>, keyOf: KeyOf | null): void {
    let at = from;
    while (at < to) {
      const limits = this.limits();
      const comma = this.parts.length === 0 ? 0 : 1;
      const fit = fitting(source, at, to, limits.bytes - this.size - comma, limits.rows - this.rows);
      if (fit === at && this.rows > 0) {
        this.cutBefore(at, source, keyOf);
        continue;
      }
      // A row above the limit is a batch of its own.
      const part = { source, from: at, to: Math.max(fit, at + 1) };
      this.parts.push(part);
      this.rows += part.to - at;
      this.size += comma + bytesOf(part);
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

function greater(a: string | null, b: string | null): string | null {
  return a === null || (b !== null && b > a) ? b : a;
}

/** The row behind the last one whose key is complete. */
function completeRows({ parts, completeUpTo }: ReadyPage, keyOf: KeyOf): number {
  let end = parts.at(-1)?.to ?? 0;
  while (end > 0 && (completeUpTo === null || (keyOf(end - 1) ?? '') > completeUpTo)) end -= 1;
  return end;
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
