import type { RowColumns } from './row-columns.ts';
import { type FieldName, fieldNumber } from './row-field.ts';
import { RowScanner } from './scan-row.ts';

/** The rows that an index covers. */
export interface IndexedRows {
  readonly columns: RowColumns;
  bytesOf(slot: number): Buffer;
}

/**
 * Finds rows by the text of a column. Built by the first question and brought up to date by each later one; it may name a
 * row whose newest version has another value, so what it finds must be checked.
 */
export class FieldIndex {
  readonly #rows: IndexedRows;
  readonly #field: number;
  readonly #scanner = new RowScanner();
  readonly #slots = new Map<string, number[]>();
  #covered = 0;

  constructor(rows: IndexedRows, name: FieldName) {
    this.#rows = rows;
    this.#field = fieldNumber(name);
  }

  /** Positions of rows that have, or had, one of the values; ascending, without repetition. */
  positions(values: readonly string[]): number[] {
    this.#update();
    const { columns } = this.#rows;
    const found = new Set<number>();
    for (const value of values) {
      for (const slot of this.#slots.get(value) ?? []) found.add(columns.position[slot] as number);
    }
    return [...found].sort((a, b) => a - b);
  }

  #update(): void {
    const { columns } = this.#rows;
    for (; this.#covered < columns.length; this.#covered++) {
      const text = this.#valueOf(this.#covered);
      if (text === null) continue;
      const known = this.#slots.get(text);
      if (known === undefined) this.#slots.set(text, [this.#covered]);
      else known.push(this.#covered);
    }
  }

  #valueOf(slot: number): string | null {
    const bytes = this.#rows.bytesOf(slot);
    this.#scanner.scan(bytes, 0);
    const member = this.#scanner.indexOf(this.#field);
    if (member === -1) return null;
    const value: unknown = JSON.parse(
      bytes.toString('utf8', this.#scanner.valueStart[member], this.#scanner.end[member]),
    );
    return typeof value === 'string' ? value : null;
  }
}
