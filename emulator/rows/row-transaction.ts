import type { IdList } from './id-list.ts';
import type { ContainerMark, RowContainer } from './row-container.ts';
import { InvalidRowError, TooLargeError } from './row-limits.ts';
import type { RowSwitches } from './row-switches.ts';
import type { RowWriter } from './row-writer.ts';
import type { RowScanner } from './scan-row.ts';
import { createStamp, type WriteStamp } from './write-stamp.ts';

/** A pagination key has room for so many rows of one transaction (fact sheet 4.2). */
const ROWS_PER_XACT = 65_536;

/** When rows of this transaction can be read; see visibility.ts. */
export interface RowDelay {
  readonly rowLag: number;
  readonly lateRows: readonly { readonly idIncludes: string; readonly lag: number }[];
}

export interface TransactionOptions {
  readonly nextXact: () => bigint;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly delay: RowDelay;
}

/**
 * One network operation on rows: open -> committed, or open -> rolled back, and then nothing of it is left.
 * Rows get consecutive keys whatever container they go to; beyond 65,536 rows another transaction id is taken.
 */
export class RowTransaction {
  readonly marks = new Map<RowContainer, ContainerMark>();
  readonly #options: TransactionOptions;
  readonly #writer: RowWriter;
  readonly #switches: RowSwitches;
  readonly #delays: boolean;
  #stamp: WriteStamp;
  #index = 0;

  constructor(options: TransactionOptions, writer: RowWriter, switches: RowSwitches) {
    this.#options = options;
    this.#writer = writer;
    this.#switches = switches;
    this.#delays = options.delay.rowLag > 0 || options.delay.lateRows.length > 0 || switches.realtime === 'off';
    this.#stamp = createStamp(options.nextXact(), options.now);
  }

  get xactText(): string {
    return this.#stamp.xactText;
  }

  /**
   * Writes the row that was just scanned and adds its id to `ids`. Nothing of `bytes` is changed or kept.
   * Throws InvalidRowError, TooLargeError.
   */
  write(container: RowContainer, bytes: Buffer, scanner: RowScanner, ids: IdList | null = null): void {
    if (scanner.rowEnd - scanner.rowStart > this.#switches.maxRowBytes) throw new TooLargeError('A row is too large');
    if (this.#switches.strictRowJson) checkJson(bytes, scanner);
    if (this.#index === ROWS_PER_XACT) {
      this.#stamp = createStamp(this.#options.nextXact(), this.#options.now);
      this.#index = 0;
    }
    if (!this.marks.has(container)) this.marks.set(container, container.mark());
    const before = container.columns.length;
    const id = this.#writer.write(container, this.#stamp, this.#index++, bytes, scanner);
    const slot = container.columns.length - 1;
    if (ids !== null) {
      if (id === null) container.addIdTo(ids, slot);
      else ids.addText(id);
    }
    if (this.#delays && slot >= before) this.#delay(container, slot);
  }

  rollback(): void {
    for (const [container, mark] of this.marks) container.rollback(mark);
  }

  #delay(container: RowContainer, slot: number): void {
    const id = container.idOf(slot);
    const { delay, now } = this.#options;
    const late = delay.lateRows.find((rule) => id.includes(rule.idIncludes))?.lag ?? 0;
    const lag = Math.max(delay.rowLag, late, this.#switches.realtime === 'off' ? this.#switches.freshnessLagMs : 0);
    if (lag > 0) container.delay(slot, now + lag);
  }
}

function checkJson(bytes: Buffer, { rowStart, rowEnd }: RowScanner): void {
  try {
    JSON.parse(bytes.toString('utf8', rowStart, rowEnd));
  } catch (error) {
    throw new InvalidRowError(`A row is not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
