import type { ActionId } from './plan.ts';
import type { Container } from './row-io.ts';
import type { DeletedRows } from './run-summary.ts';
import type {
  BatchAck,
  CopiedBlob,
  MendRequest,
  NotedReference,
  PassRequest,
  QuarantineItem,
  StreamProgress,
  StreamRange,
  WriteIntent,
  WrittenWindow,
} from './stream-state.ts';

/** Names an unresolved reference of a container. */
export type MendedReference = Pick<NotedReference, 'type' | 'sourceId'>;

export type DeletedCounts = Omit<DeletedRows, 'address'>;

/** A `Lease`, as far as a write needs it. */
export interface HeldLease {
  readonly token: number;
}

/**
 * The part of the state that remembers streams. Containers are named by their source id. Every method that takes a lease
 * throws BTM_LEASE_LOST when it was taken over; every method throws BTM_STATE_UNREADABLE when the store fails.
 */
export interface StreamStore {
  /** The ranges of a pass, in their order; see `PassRequest`. All `committed` when there is nothing left to do. */
  openPass(lease: HeldLease, request: PassRequest): Promise<readonly StreamRange[]>;
  /** Marks a range as being copied and returns it as it is now. */
  leaseRange(lease: HeldLease, rangeId: string): Promise<StreamRange>;
  /** Records what a batch is about to write; resolves when it is on the disk. */
  intend(lease: HeldLease, intents: readonly WriteIntent[]): Promise<void>;
  /** What batches of a container were about to write and nothing was acknowledged of. */
  intents(container: Container): Promise<readonly WriteIntent[]>;
  /** Forgets them. The destination's transactions that turned out to be theirs become ours. */
  settleIntents(lease: HeldLease, container: Container, xactIds: readonly string[]): Promise<void>;
  /** Records one batch, all of it in one transaction; resolves when it is on the disk. */
  ackBatch(lease: HeldLease, acks: readonly BatchAck[]): Promise<void>;
  /**
   * Marks all ranges of a pass as committed and makes their sum the container's progress. Done again it changes nothing.
   * Returns the progress.
   */
  finishPass(lease: HeldLease, rangeIds: readonly string[]): Promise<StreamProgress>;
  /**
   * Begins to write rows of a container again, or finds how far the same run has come with it: `committed` when nothing is
   * left. How far the container was copied stays as it is.
   */
  openMending(lease: HeldLease, request: MendRequest): Promise<StreamRange>;
  /**
   * Marks it as committed and forgets the references that it mended. What may be asked for again, and is no part of a plan,
   * is forgotten itself.
   */
  finishMending(
    lease: HeldLease,
    rangeId: string,
    mended: readonly MendedReference[],
    isRepeatable: boolean,
  ): Promise<void>;
  /**
   * The ranges that the actions of a run copied or are copying, finished ones too, until another run copies their
   * container. Asked by the id an action has in the plan.
   */
  rangesOf(runId: string): Promise<ReadonlyMap<ActionId, readonly StreamRange[]>>;
  /** Records what became of the rows that an action deletes; once more it replaces what was recorded. */
  noteDeleted(lease: HeldLease, runId: string, actionId: ActionId, counts: DeletedCounts): Promise<void>;
  /** The same of all actions of a run, asked by the id an action has in the plan. */
  deletedRows(runId: string): Promise<ReadonlyMap<ActionId, DeletedCounts>>;
  /** 8 bytes for each row above `settled` that the last pass saw, and that the one under way has acknowledged. */
  windowHashes(container: Container): Promise<Buffer>;
  /** The destination's transactions that were ours: a row that carries another one was edited there. */
  writtenXacts(container: Container): Promise<ReadonlySet<string>>;
  /** The same with what each wrote, in their order. */
  writtenWindows(container: Container): Promise<readonly WrittenWindow[]>;
  recordBlobs(lease: HeldLease, blobs: readonly CopiedBlob[]): Promise<void>;
  /** Those of the attachments that were copied already, by source key. */
  findBlobs(sourceKeys: readonly string[]): Promise<ReadonlyMap<string, CopiedBlob>>;
  /** Bytes of those of the attachments that were copied by us, by destination key. */
  sizesOfCopies(destinationKeys: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** What could not be read or the destination did not take, settled items too, in the order of their ids. */
  quarantine(): Promise<readonly QuarantineItem[]>;
  /** Makes transactions of the destination ours that wrote rows of a container outside any range. */
  noteWritten(lease: HeldLease, container: Container, xactIds: readonly string[]): Promise<void>;
  /** Marks items as dealt with. */
  settleQuarantined(lease: HeldLease, ids: readonly string[]): Promise<void>;
}
