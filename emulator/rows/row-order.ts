import { grown, type RowColumns } from './row-columns.ts';

/** Nothing grows out of no places at all. */
const SMALLEST = 16;

/** Compares the pagination keys of two slots. */
export function compareKeys(columns: RowColumns, a: number, b: number): number {
  const high = (columns.keyHigh[a] as number) - (columns.keyHigh[b] as number);
  if (high !== 0 && !Number.isNaN(high)) return high;
  return (columns.keyLow[a] as number) - (columns.keyLow[b] as number);
}

/**
 * The rows of a container in order of their pagination key: position to newest slot. New rows get the highest keys and
 * are appended; rows that arrive with given keys may break the order, which is mended when somebody reads.
 */
export class RowOrder {
  length = 0;
  slots = new Int32Array(SMALLEST);
  readonly #columns: RowColumns;
  #sorted = true;

  constructor(columns: RowColumns) {
    this.#columns = columns;
  }

  append(slot: number): void {
    if (this.length === this.slots.length) this.slots = grown(this.slots);
    const last = this.length > 0 ? (this.slots[this.length - 1] as number) : -1;
    if (last !== -1 && compareKeys(this.#columns, slot, last) < 0) this.#sorted = false;
    this.slots[this.length] = slot;
    this.#columns.position[slot] = this.length++;
  }

  /** Puts a newer version of a row at the row's place. */
  replace(newer: number, older: number): void {
    const position = this.#columns.position[older] as number;
    this.#columns.position[newer] = position;
    this.slots[position] = newer;
    if (compareKeys(this.#columns, newer, older) !== 0) this.#sorted = false;
  }

  /** Takes back the last `append`. */
  pop(): void {
    this.length--;
  }

  sort(): void {
    if (this.#sorted) return;
    const columns = this.#columns;
    const before = this.slots.subarray(0, this.length);
    const from = Int32Array.from(before.keys()).sort(
      (a, b) => compareKeys(columns, before[a] as number, before[b] as number) || a - b,
    );
    const moved = new Int32Array(this.length);
    const slots = new Int32Array(Math.max(this.length, SMALLEST));
    for (const [place, old] of from.entries()) {
      moved[old] = place;
      slots[place] = before[old] as number;
    }
    this.slots = slots;
    for (let slot = 0; slot < columns.length; slot++) {
      columns.position[slot] = moved[columns.position[slot] as number] as number;
    }
    this.#sorted = true;
  }

  /** First position whose key is at least (`after` false) or greater than (`after` true) the given one. */
  seek(keyHigh: number, keyLow: number, after: boolean): number {
    this.sort();
    const { keyHigh: highs, keyLow: lows } = this.#columns;
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const slot = this.slots[middle] as number;
      const rowHigh = highs[slot] as number;
      const less = rowHigh < keyHigh || (rowHigh === keyHigh && (lows[slot] as number) < keyLow);
      const equal = rowHigh === keyHigh && lows[slot] === keyLow;
      if (less || (after && equal)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
