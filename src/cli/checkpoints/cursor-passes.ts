import { formatAddress } from '../../domain/address.ts';
import type { StreamKind } from '../../domain/kind.ts';
import type { IdMapping, Lease, StateStore } from '../../domain/state.ts';
import { compareXacts, LOWEST_XACT, xactBefore } from '../../domain/xact.ts';
import type { Inventories } from '../../inventory/read-inventories.ts';
import type { CheckpointCursor, Checkpoints } from './read-checkpoints.ts';

/** Rows that were sent before, as a pass that is over. */
export interface CursorPass {
  readonly cursor: CheckpointCursor;
  readonly container: string;
  readonly destinationContainer: string;
  /** Where the first pass of ours starts. */
  readonly settled: string;
}

const OWNER = { logs: 'project', dataset_rows: 'dataset', experiment_rows: 'experiment' } as const;

/**
 * Which cursors can be taken over. A cursor of the incumbent is a `_pagination_key` and says nothing of edits, so that we
 * start behind the transaction that inserted that row, and before its run at the latest: what was edited while it ran is
 * read again.
 */
export function cursorPasses(
  { cursors, startedAfter }: Checkpoints,
  mappings: readonly IdMapping[],
  { source }: Inventories,
): readonly CursorPass[] {
  const start = startedAfter === null ? LOWEST_XACT : xactBefore(startedAfter);
  return cursors.flatMap((cursor) => {
    const container = containerOf(cursor, source);
    const mapping = mappings.find(({ kind, sourceId }) => kind === OWNER[cursor.stream] && sourceId === container);
    const inserted = insertionOf(cursor.key);
    if (container === undefined || mapping === undefined || inserted === undefined) return [];
    const settled = compareXacts(inserted, start) < 0 ? inserted : start;
    return [{ cursor, container, destinationContainer: mapping.destinationId, settled }];
  });
}

function containerOf(cursor: CheckpointCursor, source: Inventories['source']): string | undefined {
  if (cursor.stream !== 'logs') return cursor.container;
  return source.resources.get(formatAddress('project', [cursor.container]))?.id;
}

/** The transaction that inserted the row with this key (fact sheet 4.2). */
function insertionOf(key: string): string | undefined {
  if (!/^p\d{20}$/.test(key)) return undefined;
  return ((0x0de1n << 48n) | (BigInt(key.slice(1)) >> 16n)).toString();
}

export async function recordPass(store: StateStore, lease: Lease, runId: string, pass: CursorPass): Promise<void> {
  const { cursor, container, destinationContainer, settled } = pass;
  const stream: StreamKind = cursor.stream;
  const ranges = await store.streams.openPass(lease, {
    runId,
    actionId: `copy:${stream}.${container}`,
    stream,
    container,
    destinationContainer,
    filter: { xactAfter: null, xactUpTo: settled, createdAfter: null, createdBefore: null },
    settled,
    cuts: [null],
  });
  const [range] = ranges;
  if (range === undefined) return;
  await store.streams.ackBatch(lease, [
    {
      rangeId: range.id,
      upTo: cursor.key,
      rows: cursor.rows,
      bytes: cursor.bytes,
      kept: 0,
      digest: null,
      xactId: null,
      newestXact: null,
      window: Buffer.alloc(0),
      windowNewest: null,
      quarantined: [],
      unresolved: [],
      intended: null,
    },
  ]);
  await store.streams.finishPass(
    lease,
    ranges.map(({ id }) => id),
  );
}
