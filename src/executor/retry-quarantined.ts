import type { Reporter } from '../domain/event.ts';
import { ROW_REFERENCE_KINDS } from '../domain/kind.ts';
import type { OrgReader, OrgWriter } from '../domain/org.ts';
import type { QuarantineFolder } from '../domain/quarantine-folder.ts';
import type { RetriedItem, RetryOutcome } from '../domain/quarantine-retry.ts';
import type { Container } from '../domain/row-io.ts';
import type { Spec } from '../domain/spec.ts';
import type { Lease, StateSnapshot, StateStore } from '../domain/state.ts';
import type { BatchAck, QuarantinedRow, QuarantineItem, StreamRange } from '../domain/stream-state.ts';
import { xactBelow } from '../domain/xact.ts';
import { readInventories } from '../inventory/read-inventories.ts';
import { copyLane } from '../streams/copy-lane.ts';
import type { LaneDeps } from '../streams/lane.ts';
import { DestinationBook } from './destination-book.ts';
import { openCopies } from './open-copies.ts';
import { knowsRows, retryAttachments } from './retry-attachments.ts';

/** Times a row is looked for that is edited in the source while it is read. */
const MOST_TIMES = 3;

export interface RetryDependencies {
  readonly spec: Spec;
  readonly source: OrgReader;
  readonly destination: OrgWriter;
  readonly store: StateStore;
  readonly lease: Lease;
  readonly quarantine: QuarantineFolder;
  readonly report: Reporter;
  readonly signal: AbortSignal;
}

/**
 * Tries quarantined items again: reads their rows from the source as they are now, writes them and nothing else, and
 * records what is dealt with. A row that comes late stands behind the rows that were copied before it.
 * @throws what reading, writing and the state throw when it is not about single rows.
 */
export async function retryQuarantined(
  items: readonly QuarantineItem[],
  dependencies: RetryDependencies,
): Promise<readonly RetriedItem[]> {
  const { spec, store, lease } = dependencies;
  const state = await store.snapshot();
  const lane = await openLane(state, dependencies);
  const retried: RetriedItem[] = [];
  const attachments = items.filter((item) => knowsRows(item, state));
  if (attachments.length > 0) {
    const keepsEdited = spec.streams.onRowConflict === 'skip';
    retried.push(...(await retryAttachments(attachments, { state, lane, store: store.streams, lease, keepsEdited })));
    await settle(retried, dependencies);
  }
  const alone = items.filter((item) => !attachments.includes(item));
  for (const group of byContainer(alone)) retried.push(...(await retryContainer(group, lane, dependencies)));
  return items.flatMap((item) => retried.find((one) => one.item === item) ?? []);
}

async function openLane(state: StateSnapshot, dependencies: RetryDependencies): Promise<LaneDeps> {
  const { spec, source, destination, report } = dependencies;
  const inventories = await readInventories({
    source,
    destination,
    spec,
    state,
    report,
    kinds: [...ROW_REFERENCE_KINDS],
  });
  const book = new DestinationBook(inventories.destination);
  const copies = await openCopies({
    ...dependencies,
    runId: 'retry',
    inventories,
    state,
    book,
    note: () => undefined,
  });
  return copies.lane;
}

function byContainer(items: readonly QuarantineItem[]): QuarantineItem[][] {
  const groups = new Map<string, QuarantineItem[]>();
  for (const item of items) {
    const name = `${item.stream} ${item.container} ${item.destinationContainer}`;
    groups.set(name, [...(groups.get(name) ?? []), item]);
  }
  return [...groups.values()];
}

async function retryContainer(
  items: readonly QuarantineItem[],
  lane: LaneDeps,
  { source, destination, spec, store, lease }: RetryDependencies,
): Promise<RetriedItem[]> {
  const [first] = items;
  if (first === undefined) return [];
  const { stream, container, destinationContainer } = first;
  const ids = items.flatMap(({ rowId }) => rowId ?? []);
  const there: Container = { stream, id: container };
  const versions = new Map(await source.readVersions(there, ids));
  const held = await destination.readVersions({ stream, id: destinationContainer }, ids);
  const ours = await lane.store.writtenXacts(there);
  const isKept = (id: string): boolean => {
    const xact = held.get(id);
    return xact !== undefined && spec.streams.onRowConflict === 'skip' && !ours.has(xact);
  };
  const wanted = new Set(ids.filter((id) => versions.has(id) && !isKept(id)));
  const note = (xactIds: readonly string[]): Promise<void> => store.streams.noteWritten(lease, there, xactIds);
  const sent = new Outcome(lane, wanted, note);
  let unread = [...wanted];
  for (let times = 1; unread.length > 0; times++) {
    for (const xact of new Set(unread.flatMap((id) => versions.get(id) ?? []))) {
      const range = rangeOf(first, xact);
      await copyLane(
        [
          {
            range,
            address: first.stream,
            expectedRows: null,
            lastKey: null,
            collision: { upTo: null },
            isInDoubt: false,
          },
        ],
        sent.lane,
      );
    }
    unread = unread.filter((id) => !sent.hasRead(id));
    if (unread.length === 0 || times === MOST_TIMES) break;
    // It was edited after its transaction was asked for, and is not in that transaction any more.
    const now = await source.readVersions(there, unread);
    for (const id of unread) {
      const xact = now.get(id);
      if (xact === undefined) versions.delete(id);
      else versions.set(id, xact);
    }
  }
  const retried = items.map((item): RetriedItem => {
    const { rowId } = item;
    if (rowId === null) return { item, outcome: 'without_id' };
    if (!versions.has(rowId)) return { item, outcome: 'gone' };
    if (isKept(rowId)) return { item, outcome: 'kept' };
    if (unread.includes(rowId)) return { item, outcome: 'changed' };
    const refusal = sent.refusalOf(item.id);
    if (refusal === undefined) return { item, outcome: 'sent' };
    const outcome = refusal.reason === 'unreadable' ? 'unreadable' : 'refused';
    return { item, outcome, detail: refusal.detail };
  });
  await settle(retried, { store, lease });
  return retried;
}

async function settle(
  retried: readonly RetriedItem[],
  { store, lease }: Pick<RetryDependencies, 'store' | 'lease'>,
): Promise<void> {
  const settled = retried.filter(({ outcome }) => isDealtWith(outcome)).map(({ item }) => item.id);
  await store.streams.settleQuarantined(lease, settled);
}

const LEFT: ReadonlySet<RetryOutcome> = new Set(['refused', 'without_id', 'changed', 'unreadable']);

export function isDealtWith(outcome: RetryOutcome): boolean {
  return !LEFT.has(outcome);
}

/** All rows of one transaction; which of them are written, the lane is told when it asks what is there already. */
function rangeOf({ id, stream, container, destinationContainer }: QuarantineItem, xact: string): StreamRange {
  return {
    id,
    actionId: `copy:${stream}`,
    stream,
    container,
    destinationContainer,
    lo: null,
    hi: null,
    seq: 0,
    filter: { xactAfter: xactBelow(xact), xactUpTo: xact, createdAfter: null, createdBefore: null },
    settled: xact,
    status: 'leased',
    position: null,
    rows: 0,
    bytes: 0,
    quarantined: 0,
    kept: 0,
  };
}

/** A lane that writes some rows only and leaves the progress of their container alone. */
class Outcome {
  readonly lane: LaneDeps;
  private readonly refusals = new Map<string, QuarantinedRow>();
  private readonly read = new Set<string>();

  /** `noteWritten` takes the destination's transactions as soon as they are known. */
  constructor(lane: LaneDeps, wanted: ReadonlySet<string>, noteWritten: (xactIds: readonly string[]) => Promise<void>) {
    const { store, writer } = lane;
    this.lane = {
      ...lane,
      store: {
        // Whatever becomes of the items: rows in a transaction that is not known as ours look edited to the next retry.
        ackBatch: (_, acks) => noteWritten(this.note(acks)),
        windowHashes: async () => Buffer.alloc(0),
        intents: async () => [],
        intend: async () => undefined,
        settleIntents: async () => undefined,
        noteWritten: async () => undefined,
        writtenXacts: (container) => store.writtenXacts(container),
        recordBlobs: (lease, blobs) => store.recordBlobs(lease, blobs),
        findBlobs: (keys) => store.findBlobs(keys),
      },
      writer: {
        ...writer,
        // Asked of every row that the lane reads.
        readVersions: async (_container: Container, ids: readonly string[]) => {
          for (const id of ids) if (wanted.has(id)) this.read.add(id);
          return othersOf(ids, wanted);
        },
      },
    };
  }

  hasRead(rowId: string): boolean {
    return this.read.has(rowId);
  }

  refusalOf(item: string): QuarantinedRow | undefined {
    return this.refusals.get(item);
  }

  /** Returns the destination's transactions. */
  private note(acks: readonly BatchAck[]): string[] {
    for (const { quarantined } of acks) for (const item of quarantined) this.refusals.set(item.id, item);
    return acks.flatMap(({ xactId }) => xactId ?? []);
  }
}

/** Rows that nobody asked for look as if somebody had edited them in the destination, so that they are left alone. */
function othersOf(ids: readonly string[], wanted: ReadonlySet<string>): Map<string, string> {
  return new Map(ids.filter((id) => !wanted.has(id)).map((id) => [id, 'not wanted']));
}
