import type { ActionId } from '../domain/plan.ts';
import type { Container } from '../domain/row-io.ts';
import { storedActionId, storedText } from '../domain/stored-name.ts';
import type { StoredRange } from '../domain/stored-streams.ts';
import {
  type BatchAck,
  type CopiedBlob,
  type MendRequest,
  MOST_WINDOW_HASHES,
  type PassRequest,
  type QuarantinedRow,
  type QuarantineItem,
  type StreamProgress,
  type StreamRange,
  type WriteIntent,
  type WrittenWindow,
} from '../domain/stream-state.ts';
import type { DeletedCounts, HeldLease, MendedReference, StreamStore } from '../domain/stream-store.ts';
import { compareXacts } from '../domain/xact.ts';
import { quarantineItemOf, rangeOf } from './convert-streams.ts';
import { compareKeys, greatest } from './greatest.ts';
import { KeyedByRealName } from './keyed-by-real-name.ts';
import { MendDesk } from './mend-desk.ts';
import { type ContainerKey, inOrder, PassDesk } from './pass-desk.ts';
import type { StreamTables } from './stream-tables.ts';

export interface SqliteStreamsParts {
  readonly tables: StreamTables;
  readonly read: <T>(work: () => T) => T;
  readonly write: <T>(lease: HeldLease, work: () => T) => Promise<T>;
  readonly lineage: () => string;
  readonly uuid: () => string;
}

/** What the state keeps of streams, in the same database and the same transactions as the rest. */
export class SqliteStreams implements StreamStore {
  private readonly parts: SqliteStreamsParts;
  private readonly tables: StreamTables;
  private readonly passes: PassDesk;
  private readonly mending: MendDesk;

  constructor(parts: SqliteStreamsParts) {
    this.parts = parts;
    this.tables = parts.tables;
    this.passes = new PassDesk(parts);
    this.mending = new MendDesk(parts);
  }

  openPass(lease: HeldLease, request: PassRequest): Promise<readonly StreamRange[]> {
    return this.parts.write(lease, () => this.passes.open(request));
  }

  leaseRange(lease: HeldLease, rangeId: string): Promise<StreamRange> {
    return this.parts.write(lease, () => {
      const leased = { ...this.range(rangeId), status: 'leased' as const };
      this.tables.range.put(leased);
      return rangeOf(leased);
    });
  }

  intend(lease: HeldLease, intents: readonly WriteIntent[]): Promise<void> {
    return this.parts.write(lease, () => {
      for (const { rangeId, batch, newerThan, rows } of intents) {
        const { stream, container } = this.range(rangeId);
        this.tables.intent.put({ stream, container, range_id: rangeId, batch, newer_than: newerThan, rows });
      }
    });
  }

  async intents({ stream, id }: Container): Promise<readonly WriteIntent[]> {
    return this.parts.read(() =>
      this.tables.intent
        .rows({ stream, container: id })
        .map(({ range_id, batch, newer_than, rows }) => ({ rangeId: range_id, batch, newerThan: newer_than, rows })),
    );
  }

  settleIntents(lease: HeldLease, { stream, id }: Container, xactIds: readonly string[]): Promise<void> {
    return this.parts.write(lease, () => {
      const key = { stream, container: id };
      for (const xactId of xactIds) this.noteXact(key, xactId, 0, null);
      this.tables.intent.delete(key);
    });
  }

  ackBatch(lease: HeldLease, acks: readonly BatchAck[]): Promise<void> {
    return this.parts.write(lease, () => {
      for (const ack of acks) this.ack(ack);
    });
  }

  finishPass(lease: HeldLease, rangeIds: readonly string[]): Promise<StreamProgress> {
    return this.parts.write(lease, () => this.passes.finish(rangeIds));
  }

  openMending(lease: HeldLease, request: MendRequest): Promise<StreamRange> {
    return this.parts.write(lease, () => this.mending.open(request));
  }

  finishMending(
    lease: HeldLease,
    rangeId: string,
    mended: readonly MendedReference[],
    isRepeatable: boolean,
  ): Promise<void> {
    return this.parts.write(lease, () => this.mending.finish(rangeId, mended, isRepeatable));
  }

  async rangesOf(runId: string): Promise<ReadonlyMap<ActionId, readonly StreamRange[]>> {
    return this.parts.read(() => {
      const lineage = this.parts.lineage();
      const byAction = new Map<string, StoredRange[]>();
      for (const range of this.tables.range.rows({ run_id: runId })) {
        byAction.set(range.action_id, [...(byAction.get(range.action_id) ?? []), range]);
      }
      return new KeyedByRealName(
        [...byAction].map(([id, rows]) => [id, inOrder(rows)] as const),
        (id) => storedActionId(lineage, id),
      );
    });
  }

  noteDeleted(lease: HeldLease, runId: string, actionId: ActionId, counts: DeletedCounts): Promise<void> {
    return this.parts.write(lease, () => {
      const { rows, kept, returned } = counts;
      const action_id = storedActionId(this.parts.lineage(), actionId);
      this.tables.deleted.put({ run_id: runId, action_id, rows, kept, returned });
    });
  }

  async deletedRows(runId: string): Promise<ReadonlyMap<ActionId, DeletedCounts>> {
    return this.parts.read(() => {
      const lineage = this.parts.lineage();
      return new KeyedByRealName(
        this.tables.deleted
          .rows({ run_id: runId })
          .map(({ action_id, rows, kept, returned }) => [action_id, { rows, kept, returned }] as const),
        (id) => storedActionId(lineage, id),
      );
    });
  }

  async windowHashes({ stream, id }: Container): Promise<Buffer> {
    return this.parts.read(() =>
      Buffer.concat(this.tables.window.rows({ stream, container: id }).map(({ hashes }) => hashes)),
    );
  }

  async writtenXacts({ stream, id }: Container): Promise<ReadonlySet<string>> {
    return this.parts.read(
      () => new Set(this.tables.writtenXact.rows({ stream, container: id }).map(({ xact }) => xact)),
    );
  }

  async writtenWindows({ stream, id }: Container): Promise<readonly WrittenWindow[]> {
    return this.parts.read(() =>
      this.tables.writtenXact
        .rows({ stream, container: id })
        .map(({ xact, rows, digest }) => ({ xact, rows, digest }))
        .sort((a, b) => compareXacts(a.xact, b.xact)),
    );
  }

  recordBlobs(lease: HeldLease, blobs: readonly CopiedBlob[]): Promise<void> {
    return this.parts.write(lease, () => {
      for (const { sourceKey, destinationKey, size } of blobs) {
        this.tables.blob.put({ source_key: sourceKey, destination_key: destinationKey, size });
      }
    });
  }

  async findBlobs(sourceKeys: readonly string[]): Promise<ReadonlyMap<string, CopiedBlob>> {
    return this.parts.read(() => {
      const found = sourceKeys.flatMap((key) => this.tables.blob.row({ source_key: key }) ?? []);
      return new Map(
        found.map(({ source_key, destination_key, size }) => [
          source_key,
          { sourceKey: source_key, destinationKey: destination_key, size },
        ]),
      );
    });
  }

  async sizesOfCopies(destinationKeys: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.parts.read(() => {
      const found = destinationKeys.flatMap((key) => this.tables.blob.row({ destination_key: key }) ?? []);
      return new Map(found.map(({ destination_key, size }) => [destination_key, size]));
    });
  }

  async quarantine(): Promise<readonly QuarantineItem[]> {
    return this.parts.read(() => this.tables.quarantine.rows().map(quarantineItemOf));
  }

  noteWritten(lease: HeldLease, { stream, id }: Container, xactIds: readonly string[]): Promise<void> {
    return this.parts.write(lease, () => {
      for (const xactId of xactIds) this.noteXact({ stream, container: id }, xactId, 0, null);
    });
  }

  settleQuarantined(lease: HeldLease, ids: readonly string[]): Promise<void> {
    return this.parts.write(lease, () => {
      for (const id of ids) {
        const item = this.tables.quarantine.row({ id });
        if (item === undefined) throw new Error(`There is no quarantined item ${id}.`);
        this.tables.quarantine.put({ ...item, status: 'settled' });
      }
    });
  }

  /** Runs inside a transaction of the caller: this container is gone, and so is whatever its rows were waiting for. */
  forgetDeleted(key: ContainerKey): void {
    this.passes.forgetContainer(key);
    this.tables.version.delete({ kind: key.stream, source_id: key.container });
    for (const item of this.tables.quarantine.rows({ ...key, status: 'open' }))
      this.tables.quarantine.put({ ...item, status: 'settled' });
  }

  private ack(ack: BatchAck): void {
    const range = this.range(ack.rangeId);
    if (range.status === 'committed') throw new Error(`Range ${range.id} is finished: nothing more is acknowledged.`);
    const fresh = ack.quarantined.filter((row) => this.quarantineRow(row, range));
    if (ack.window.length > 0 && range.window_rows < MOST_WINDOW_HASHES) {
      const { stream, container, id, batches } = range;
      this.tables.window.put({ stream, container, range_id: id, batch: batches, hashes: ack.window });
    }
    if (ack.intended !== null) {
      const { stream, container, id } = range;
      this.tables.intent.delete({ stream, container, range_id: id, batch: ack.intended });
    }
    this.mending.note(range, ack.unresolved);
    if (ack.xactId !== null) this.noteXact(range, ack.xactId, ack.rows, ack.digest);
    this.tables.range.put({
      ...range,
      position: greatest([range.position, ack.upTo], compareKeys),
      rows: range.rows + ack.rows,
      bytes: range.bytes + ack.bytes,
      kept: range.kept + ack.kept,
      quarantined: range.quarantined + fresh.length,
      batches: range.batches + 1,
      newest_source_xact: greatest([range.newest_source_xact, ack.newestXact], compareXacts),
      newest_destination_xact: greatest([range.newest_destination_xact, ack.xactId], compareXacts),
      window_rows: range.window_rows + ack.window.length / 8,
      window_newest: greatest([range.window_newest, ack.windowNewest], compareXacts),
    });
  }

  /** Returns whether this run did not have the item yet. */
  private quarantineRow(row: QuarantinedRow, range: StoredRange): boolean {
    const known = this.tables.quarantine.row({ id: row.id });
    this.tables.quarantine.put({
      id: row.id,
      run_id: range.run_id,
      stream: row.stream,
      container: row.container,
      destination_container: range.destination_container,
      row_id: row.rowId,
      attachment_key: row.attachmentKey,
      size: row.size,
      reason: row.reason,
      detail: storedText(this.parts.lineage(), row.detail),
      file: row.file,
      status: 'open',
    });
    return known?.run_id !== range.run_id || known.status !== 'open';
  }

  private noteXact({ stream, container }: ContainerKey, xact: string, rows: number, digest: string | null): void {
    const known = this.tables.writtenXact.row({ stream, container, xact });
    this.tables.writtenXact.put({
      stream,
      container,
      xact,
      rows: rows + (known?.rows ?? 0),
      digest: known === undefined ? digest : null,
    });
  }

  private range(id: string): StoredRange {
    const range = this.tables.range.row({ id });
    if (range === undefined) throw new Error(`There is no range ${id}.`);
    return range;
  }
}
