import type { RetriedItem } from '../domain/quarantine-retry.ts';
import type { Lease, StateSnapshot } from '../domain/state.ts';
import type { QuarantineItem, UnresolvedReference } from '../domain/stream-state.ts';
import type { StreamStore } from '../domain/stream-store.ts';
import { xactSpan } from '../domain/xact.ts';
import type { LaneDeps } from '../streams/lane.ts';
import { mendRows } from './mend-rows.ts';

export interface AttachmentRetry {
  readonly state: Pick<StateSnapshot, 'streams' | 'unfinished' | 'unresolved'>;
  readonly lane: LaneDeps;
  readonly store: StreamStore;
  readonly lease: Lease;
  readonly keepsEdited: boolean;
}

/** Items of attachments of which the state knows the rows; the others are tried with their one row. */
export function knowsRows({ attachmentKey }: QuarantineItem, { unresolved }: AttachmentRetry['state']): boolean {
  return attachmentKey !== null && unresolved.some((one) => isAbout(one, new Set([attachmentKey])));
}

/**
 * Tries attachments again, and writes every row again that refers to one that was copied, in whichever container: their keys
 * are shared. Rows that were edited in the source since are left to the next copy, except the first that referred to each.
 * @throws what reading, writing and the state throw when it is not about single attachments.
 */
export async function retryAttachments(
  items: readonly QuarantineItem[],
  given: AttachmentRetry,
): Promise<readonly RetriedItem[]> {
  const keys = new Set(items.flatMap(({ attachmentKey }) => attachmentKey ?? []));
  const refusals: Refusals = new Map();
  let [written, kept] = [0, 0];
  for (const references of byContainer(given.state.unresolved.filter((one) => isAbout(one, keys)))) {
    const outcome = await mendContainer(references, { keys, items, refusals }, given);
    for (const range of outcome?.ranges ?? []) {
      written += range.rows;
      kept += range.kept;
    }
  }
  const copied = await given.store.findBlobs([...keys]);
  return items.map((item): RetriedItem => {
    const detail = refusals.get(item.attachmentKey) ?? refusals.get(null);
    if (detail !== undefined) return { item, outcome: 'refused', detail };
    if (!copied.has(item.attachmentKey ?? '')) return { item, outcome: 'gone' };
    return { item, outcome: written === 0 && kept > 0 ? 'kept' : 'sent' };
  });
}

interface Tried {
  readonly keys: ReadonlySet<string>;
  readonly items: readonly QuarantineItem[];
  readonly refusals: Refusals;
}

/** Why attachments could not be copied, by key, and under null why a row could not be written. */
type Refusals = Map<string | null, string>;

async function mendContainer(references: readonly UnresolvedReference[], tried: Tried, given: AttachmentRetry) {
  const { state, lane, store, lease, keepsEdited } = given;
  const [first] = references;
  const known = [...state.streams, ...state.unfinished].find(
    ({ stream, container }) => stream === first?.stream && container === first.container,
  );
  if (first === undefined || known === undefined) return undefined;
  const { stream, container } = first;
  const rowIds = tried.items.flatMap((item) => (item.container === container ? (item.rowId ?? []) : []));
  const versions = await lane.reader.readVersions({ stream, id: container }, rowIds);
  const span = xactSpan([...references, ...[...versions.values()].map((xact) => ({ ...first, lastXact: xact }))]);
  if (span === undefined) return undefined;
  return mendRows(
    {
      // Of a run that the state knows; what is recorded under it is gone when this is over.
      runId: (tried.items.find((item) => item.container === container) ?? (tried.items[0] as QuarantineItem)).runId,
      address: stream,
      stream,
      container,
      destinationContainer: known.destinationContainer,
      filter: { ...span, createdAfter: null, createdBefore: null },
      references: [...tried.keys].map((sourceId) => ({ type: 'attachment', sourceId })),
    },
    {
      lane: { ...lane, store: withoutItems(lane.store, tried.refusals) },
      store,
      lease,
      keepsEdited,
      isRepeatable: true,
      mended: async (all) => {
        const copied = await store.findBlobs(all.map(({ sourceId }) => sourceId));
        return all.filter(({ sourceId }) => copied.has(sourceId));
      },
    },
  );
}

/** What is refused again stays an item of the run that set it aside. */
function withoutItems(store: LaneDeps['store'], refusals: Refusals): LaneDeps['store'] {
  return {
    windowHashes: (container) => store.windowHashes(container),
    intents: (container) => store.intents(container),
    intend: (lease, intents) => store.intend(lease, intents),
    settleIntents: (lease, container, xactIds) => store.settleIntents(lease, container, xactIds),
    noteWritten: (lease, container, xactIds) => store.noteWritten(lease, container, xactIds),
    writtenXacts: (container) => store.writtenXacts(container),
    recordBlobs: (lease, blobs) => store.recordBlobs(lease, blobs),
    findBlobs: (keys) => store.findBlobs(keys),
    ackBatch: (lease, acks) => {
      for (const { attachmentKey, detail } of acks.flatMap(({ quarantined }) => quarantined))
        refusals.set(attachmentKey, detail);
      return store.ackBatch(
        lease,
        acks.map((ack) => ({ ...ack, quarantined: [] })),
      );
    },
  };
}

/** Of more references than are named, nobody knows which of them they are about. */
function isAbout({ type, sourceId }: UnresolvedReference, keys: ReadonlySet<string>): boolean {
  return type === 'attachment' && (sourceId === null || keys.has(sourceId));
}

function byContainer(references: readonly UnresolvedReference[]): UnresolvedReference[][] {
  const groups = new Map<string, UnresolvedReference[]>();
  for (const one of references) {
    const name = `${one.stream} ${one.container}`;
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  return [...groups.values()];
}
