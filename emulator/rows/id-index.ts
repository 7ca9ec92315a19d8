import type { RowColumns } from './row-columns.ts';

const FREE = 0;
const GONE = -1;
/** Places from which on a table that is full becomes twice as large, and not four times. */
const LARGE = 1 << 17;

const BACKSLASH = 0x5c;

/** FNV-1a over an id, given the bytes between its quotes; an id hashes the same however it is escaped. */
export function hashId(bytes: Buffer, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) {
    const c = bytes[i] as number;
    if (c === BACKSLASH) {
      return hashPlain(Buffer.from(decodedId(bytes, start, end)));
    }
    hash = Math.imul(hash ^ c, 0x01000193);
  }
  return hash ^ (hash >>> 15);
}

function hashPlain(plain: Buffer): number {
  let hash = 0x811c9dc5;
  for (const c of plain) hash = Math.imul(hash ^ c, 0x01000193);
  return hash ^ (hash >>> 15);
}

/** The text of an id, given the bytes between its quotes. */
export function decodedId(bytes: Buffer, start: number, end: number): string {
  return JSON.parse(`"${bytes.toString('utf8', start, end)}"`) as string;
}

/** Finds the newest slot of a row id: a hash table of slots, whose ids are compared where they lie. */
export class IdIndex {
  readonly #columns: RowColumns;
  readonly #sameId: (slot: number, bytes: Buffer, start: number, end: number) => boolean;
  #table: Int32Array = new Int32Array(32);
  #taken = 0;

  constructor(columns: RowColumns, sameId: (slot: number, bytes: Buffer, start: number, end: number) => boolean) {
    this.#columns = columns;
    this.#sameId = sameId;
  }

  /** The newest slot of the id between `start` and `end`, or -1. */
  find(bytes: Buffer, start: number, end: number, hash: number): number {
    const mask = this.#table.length - 1;
    for (let probe = hash & mask; ; probe = (probe + 1) & mask) {
      const entry = this.#table[probe] as number;
      if (entry === FREE) return -1;
      if (entry === GONE) continue;
      const slot = entry - 1;
      if (this.#columns.idHash[slot] === hash && this.#sameId(slot, bytes, start, end)) return slot;
    }
  }

  /** Adds the slot of an id that `find` did not find. */
  add(slot: number): void {
    if ((this.#taken + 1) * 4 > this.#table.length * 3) this.#rehash();
    this.#place(slot);
    this.#taken++;
  }

  /** Lets the id of `from` lead to `to`; -1 removes it. */
  move(from: number, to: number): void {
    const mask = this.#table.length - 1;
    let probe = (this.#columns.idHash[from] as number) & mask;
    while (this.#table[probe] !== from + 1) probe = (probe + 1) & mask;
    this.#table[probe] = to === -1 ? GONE : to + 1;
  }

  #place(slot: number): void {
    const mask = this.#table.length - 1;
    let probe = (this.#columns.idHash[slot] as number) & mask;
    while (this.#table[probe] !== FREE) probe = (probe + 1) & mask;
    this.#table[probe] = slot + 1;
  }

  #rehash(): void {
    const old = this.#table;
    const factor = old.length < LARGE ? 4 : 2;
    // Shared for the reason that http/body-memory.ts gives.
    this.#table = new Int32Array(new SharedArrayBuffer(old.byteLength * factor));
    this.#taken = 0;
    for (let n = 0; n < old.length; n++) {
      const entry = old[n] as number;
      if (entry <= FREE) continue;
      this.#place(entry - 1);
      this.#taken++;
    }
  }
}
