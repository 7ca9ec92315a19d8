import { kindOf } from '../domain/address.ts';
import { BtMigrateError } from '../domain/errors.ts';
import type { Reporter } from '../domain/event.ts';
import type { StreamKind } from '../domain/kind.ts';
import type { OrgReader, OrgWriter } from '../domain/org.ts';
import type { PlannedAction } from '../domain/plan.ts';
import type { Lease } from '../domain/state.ts';
import type { PlannedRowDeletion } from '../domain/stream-plan.ts';
import type { StreamStore } from '../domain/stream-store.ts';
import { newerXact } from '../domain/xact.ts';
import type { Inventories } from '../inventory/read-inventories.ts';
import { ownersOf } from '../providers/owners-of.ts';
import { tombstones } from '../streams/write/tombstones.ts';

/** Rows that are looked at and deleted at once: one question to each side, one write. */
const TOGETHER = 500;

export interface RowDeletionContext {
  readonly source: OrgReader;
  readonly destination: OrgWriter;
  readonly inventories: Inventories;
  readonly store: Pick<StreamStore, 'writtenXacts' | 'noteDeleted'>;
  readonly runId: string;
  readonly lease: Lease;
  readonly signal: AbortSignal;
  readonly report: Reporter;
}

/**
 * Deletes the rows that a plan names. A row that is in the source again is left alone, and so is one whose last transaction
 * in the destination is not ours: somebody edited it. A row that is not there any more has been deleted, so that a run
 * that was killed in the middle goes on where it was.
 * @throws BTM_FAILED when the container is gone, the signal's reason, and what reading and writing throw.
 */
export async function deleteRows(
  { id: actionId, address, before }: PlannedAction,
  context: RowDeletionContext,
): Promise<void> {
  const { destination, source, store, signal, report, runId, lease } = context;
  const { ids } = before as PlannedRowDeletion;
  const there = containerOf('source', address, context);
  const here = containerOf('destination', address, context);
  const ours = await store.writtenXacts(there);
  const newest = [...ours].reduce<string | undefined>((a, b) => newerXact(a ?? null, b) ?? undefined, undefined);
  let [kept, returned] = [0, 0];
  for (let at = 0; at < ids.length; at += TOGETHER) {
    signal.throwIfAborted();
    const asked = ids.slice(at, at + TOGETHER);
    const [held, wanted] = await Promise.all([
      destination.readVersions(here, asked, newest),
      source.readVersions(there, asked),
    ]);
    const left = asked.filter((id) => held.has(id));
    const gone = left.filter((id) => !wanted.has(id));
    const doomed = gone.filter((id) => ours.has(held.get(id) ?? ''));
    if (doomed.length > 0) await destination.insertRows(tombstones(here, doomed));
    returned += left.length - gone.length;
    kept += gone.length - doomed.length;
  }
  const counts = { rows: ids.length - kept - returned, kept, returned };
  await store.noteDeleted(lease, runId, actionId, counts);
  report({ type: 'rows_deleted', address, ...counts });
}

function containerOf(
  side: 'source' | 'destination',
  address: string,
  { inventories }: RowDeletionContext,
): { stream: StreamKind; id: string } {
  const [container = address] = ownersOf(address);
  const resource = inventories[side].resources.get(container);
  if (resource !== undefined) return { stream: kindOf(address) as StreamKind, id: resource.id };
  throw new BtMigrateError('BTM_FAILED', {
    detail: `${container} is not in the ${side} any more, so rows of it cannot be compared.`,
    hint: 'Make the plan again: bt-migrate plan -o plan.out',
  });
}
