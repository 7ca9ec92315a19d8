import type { ContainerRef } from './container-ref.ts';
import { CopyFinder } from './copy-finder.ts';
import { xactText } from './row-cells.ts';
import { RowContainer } from './row-container.ts';
import type { RowJournal } from './row-journal.ts';
import { RowSegments } from './row-segments.ts';
import type { RowSwitches } from './row-switches.ts';
import { RowTransaction, type TransactionOptions } from './row-transaction.ts';
import { RowWriter } from './row-writer.ts';
import { RowScanner } from './scan-row.ts';
import type { WriteStamp } from './write-stamp.ts';

/** One version of a row for `replaceAll`; see row-dump.ts. */
export interface GivenVersion {
  readonly text: Buffer;
  readonly isStored: boolean;
  readonly isDeleted: boolean;
  /** Milliseconds since 1970; null: at once. */
  readonly visibleAt: number | null;
  readonly created: number;
  /** Null: the row has no key; undefined: the key of the row's earlier version, or the next one of the transaction. */
  readonly key: bigint | null | undefined;
}

const EMPTY = { length: 0, lastXact: 0, segments: { count: 0, used: 0 } };

function openContainer(containers: Map<string, RowContainer>, ref: ContainerRef, segments: RowSegments): RowContainer {
  const key = `${ref.type}:${ref.id}`;
  const known = containers.get(key);
  if (known !== undefined) return known;
  const container = new RowContainer(ref, segments);
  containers.set(key, container);
  return container;
}

/** @param missing keyHigh of a row without a key */
function splitKey(key: bigint | null | undefined, stamp: WriteStamp, number: number, missing: number): RowKey {
  if (key === null) return { keyHigh: missing, keyLow: 0 };
  if (key === undefined) return { keyHigh: stamp.xact, keyLow: number };
  return { keyHigh: Number(key >> 16n), keyLow: Number(key & 0xffffn) };
}

interface RowKey {
  readonly keyHigh: number;
  readonly keyLow: number;
}

/**
 * The rows of every org. A container comes into being with its first row; who may use it is decided by the routes.
 * With a journal a transaction is on disk before `transact` returns.
 */
export class RowStore {
  readonly switches: RowSwitches;
  #containers = new Map<string, RowContainer>();
  #segments = new RowSegments();
  readonly #writer: RowWriter;
  readonly #journal: RowJournal | null;

  constructor(switches: RowSwitches, journal: RowJournal | null) {
    this.switches = switches;
    this.#writer = new RowWriter(switches);
    this.#journal = journal;
    journal?.replay((ref) => this.container(ref));
  }

  find(type: string, id: string): RowContainer | undefined {
    return this.#containers.get(`${type}:${id}`);
  }

  container(ref: ContainerRef): RowContainer {
    return openContainer(this.#containers, ref, this.#segments);
  }

  /** A scanner for rows that are to be written here: it stops at what is stored already. */
  scanner(): RowScanner {
    return new RowScanner(new CopyFinder(this.#segments));
  }

  containers(): Iterable<RowContainer> {
    return this.#containers.values();
  }

  /** Rows that are not deleted. */
  count(type: string, id: string): number {
    return this.find(type, id)?.liveCount ?? 0;
  }

  /** Runs one network operation: all of its rows are stored, or, when `work` throws, none. */
  transact<T>(options: TransactionOptions, work: (transaction: RowTransaction) => T): T {
    const transaction = new RowTransaction(options, this.#writer, this.switches);
    try {
      const result = work(transaction);
      this.#journal?.append(transaction.marks);
      return result;
    } catch (error) {
      transaction.rollback();
      throw error;
    }
  }

  /** Forgets every row and plants others, with a function that places one version. Nothing changes when `fill` throws. */
  replaceAll(fill: (plant: (ref: ContainerRef, stamp: WriteStamp, version: GivenVersion) => void) => void): void {
    const fresh = new Map<string, RowContainer>();
    const segments = new RowSegments();
    const numbers = new Map<string, number>();
    const missing = this.switches.missingKeys === 'last' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    fill((ref, stamp, version) => {
      const container = openContainer(fresh, ref, segments);
      const number = numbers.get(stamp.xactText) ?? 0;
      if (version.key === undefined) numbers.set(stamp.xactText, number + 1);
      const older = container.findText(version.text);
      const key =
        version.key === undefined && container.isLive(older)
          ? container.keyOf(older)
          : splitKey(version.key, stamp, number, missing);
      this.#writer.plant(container, stamp, { ...version, xact: stamp.xact, ...key });
      if (version.visibleAt !== null) container.delay(container.columns.length - 1, version.visibleAt);
    });
    this.#containers = fresh;
    this.#segments = segments;
    this.#journal?.clear();
    this.#journal?.append(new Map([...fresh.values()].map((container) => [container, EMPTY])));
  }

  /** The highest transaction of any row, null when there is none. */
  get lastXact(): bigint | null {
    const last = Math.max(0, ...[...this.#containers.values()].map((container) => container.lastXact));
    return last === 0 ? null : BigInt(xactText(last));
  }

  close(): void {
    this.#containers.clear();
  }
}
