import type { Database } from '../store/database.ts';
import type { ContainerRef } from './container-ref.ts';
import { DELAYED, DELETED } from './row-columns.ts';
import type { ContainerMark, RowContainer } from './row-container.ts';
import { WHOLE } from './row-head.ts';

/** One version of a row in the journal's index, in the order of `WIDTH` doubles. */
const WIDTH = 10;

interface JournalRecord {
  readonly container: string;
  readonly columns: Buffer;
  readonly bytes: Buffer;
}

/**
 * The rows on disk: one record per container and network operation, holding the versions that it wrote. Containers are
 * rebuilt from the records in their order.
 */
export class RowJournal {
  readonly #database: Database;
  readonly #insert;

  constructor(database: Database) {
    this.#database = database;
    database.sqlite.exec(
      'CREATE TABLE IF NOT EXISTS row_batch (sequence INTEGER PRIMARY KEY, container TEXT NOT NULL, columns BLOB NOT NULL, bytes BLOB NOT NULL)',
    );
    this.#insert = database.sqlite.prepare<[string, Buffer, Buffer]>(
      'INSERT INTO row_batch (container, columns, bytes) VALUES (?, ?, ?)',
    );
  }

  /** Stores the versions that each container got since its mark, as one SQLite transaction. */
  append(marks: ReadonlyMap<RowContainer, ContainerMark>): void {
    this.#database.transaction(() => {
      for (const [container, mark] of marks) {
        if (container.columns.length === mark.length) continue;
        const { columns, bytes } = packVersions(container, mark.length);
        this.#insert.run(JSON.stringify(container.ref), columns, bytes);
      }
    });
  }

  /** Calls for the container of each record and fills it. */
  replay(open: (ref: ContainerRef) => RowContainer): void {
    const records = this.#database.sqlite
      .prepare('SELECT container, columns, bytes FROM row_batch ORDER BY sequence')
      .iterate() as IterableIterator<JournalRecord>;
    for (const record of records) {
      unpackVersions(open(JSON.parse(record.container) as ContainerRef), record.columns, record.bytes);
    }
  }

  clear(): void {
    this.#database.sqlite.exec('DELETE FROM row_batch');
  }
}

function packVersions(container: RowContainer, first: number): { columns: Buffer; bytes: Buffer } {
  const { columns } = container;
  const values = new Float64Array((columns.length - first) * WIDTH);
  const chunks: Buffer[] = [];
  for (let slot = first; slot < columns.length; slot++) {
    chunks.push(container.bytesOf(slot));
    const start =
      container.columns.shape[slot] === WHOLE ? 0 : container.heads.size(container.columns.shape[slot] as number);
    values.set(
      [
        container.sizeOf(slot),
        start + (columns.idStart[slot] as number),
        columns.idSize[slot] as number,
        columns.idHash[slot] as number,
        columns.xact[slot] as number,
        columns.keyHigh[slot] as number,
        columns.keyLow[slot] as number,
        columns.created[slot] as number,
        (columns.flags[slot] as number) & DELETED,
        ((columns.flags[slot] as number) & DELAYED) === 0 ? 0 : (container.visibleAt.get(slot) ?? 0),
      ],
      (slot - first) * WIDTH,
    );
  }
  return { columns: Buffer.from(values.buffer), bytes: Buffer.concat(chunks) };
}

function unpackVersions(container: RowContainer, packed: Buffer, bytes: Buffer): void {
  const values = new Float64Array(packed.length / 8);
  new Uint8Array(values.buffer).set(packed);
  let offset = 0;
  for (let at = 0; at < values.length; at += WIDTH) {
    const [
      size = 0,
      idStart = 0,
      idSize = 0,
      idHash = 0,
      xact = 0,
      keyHigh = 0,
      keyLow = 0,
      created = 0,
      deleted,
      until = 0,
    ] = values.subarray(at, at + WIDTH);
    const older = container.find(bytes, offset + idStart + 1, offset + idStart + idSize - 1, idHash);
    const placed = container.append(bytes.subarray(offset, offset + size));
    const slot = container.commit({ ...placed, idStart, idSize, idHash, xact, keyHigh, keyLow, created }, older);
    offset += size;
    if (deleted === DELETED) container.markDeleted(slot);
    if (until > 0) container.delay(slot, until);
  }
}
