import { BtMigrateError } from '../domain/errors.ts';
import type { OrgReader } from '../domain/org.ts';
import type { ActionId } from '../domain/plan.ts';
import type { RowFilter } from '../domain/row-io.ts';
import type { Spec } from '../domain/spec.ts';
import type { Lease, StateSnapshot } from '../domain/state.ts';
import type { PassFilter, StreamRange } from '../domain/stream-state.ts';
import type { StreamStore } from '../domain/stream-store.ts';
import { compareXacts, xactBefore } from '../domain/xact.ts';
import type { Inventories } from '../inventory/read-inventories.ts';
import type { LaneRange } from '../streams/lane.ts';
import type { CopyTask } from './copy-task.ts';
import type { DestinationBook } from './destination-book.ts';

/** Seconds for which a written row may still be on its way to where reads see it. */
const SETTLING_SECONDS = 60;

export interface PassContext {
  readonly runId: string;
  readonly source: OrgReader;
  readonly spec: Spec;
  readonly inventories: Inventories;
  /** What was known when the run began. */
  readonly state: StateSnapshot;
  readonly book: DestinationBook;
  readonly store: StreamStore;
  readonly lease: Lease;
}

/** How far a pass goes and what was counted within it; null when there is nothing to read. */
interface Bounds {
  readonly xactUpTo: string;
  readonly rows: number | null;
  readonly lastKey: string | null;
}

/** The bounds of what was planned, by action: those of the plan, or of a pass that was begun, or counted now. */
export async function boundsOf(
  tasks: readonly CopyTask[],
  { runId, source, store }: PassContext,
): Promise<ReadonlyMap<ActionId, Bounds | null>> {
  const bounds = new Map<ActionId, Bounds | null>();
  const begun = await store.rangesOf(runId);
  const uncounted: CopyTask[] = [];
  for (const task of tasks) {
    const { xact_up_to: planned, counted, last_key, mends } = task.planned;
    const range = begun.get(task.id)?.at(-1);
    // Rows that came since were not planned: there is nothing to copy but what is to be mended.
    if (counted === 0 && mends !== undefined) bounds.set(task.id, null);
    else if (planned !== null) bounds.set(task.id, { xactUpTo: planned, rows: counted, lastKey: last_key });
    else if (range !== undefined) bounds.set(task.id, { xactUpTo: range.filter.xactUpTo, rows: null, lastKey: null });
    else uncounted.push(task);
  }
  const requests = uncounted.map((task) => ({
    container: { stream: task.stream, id: task.source.id },
    filter: wholeFilter(task),
  }));
  const counts = requests.length === 0 ? [] : await source.countRows(requests);
  for (const [index, task] of uncounted.entries()) {
    const count = counts[index];
    const newest = count?.newest ?? null;
    bounds.set(
      task.id,
      count === undefined || newest === null ? null : { xactUpTo: newest, rows: count.rows, lastKey: count.lastKey },
    );
  }
  return bounds;
}

/**
 * Opens the pass of a copy, or finds it as an earlier attempt left it, and marks its ranges as being copied. Without
 * bounds, and when the pass is finished, there are none.
 *
 * A row is readable some time after it was written: what is younger than a minute, by the server's clock, is copied but
 * not settled, and the next pass looks behind it again.
 * @throws BTM_FAILED when the container is not in the destination.
 */
export async function openPass(
  task: CopyTask,
  bounds: Bounds | null,
  context: PassContext,
): Promise<readonly LaneRange[]> {
  if (bounds === null) return [];
  const { stream, planned } = task;
  const filter: PassFilter = {
    xactAfter: planned.xact_after,
    xactUpTo: bounds.xactUpTo,
    createdAfter: planned.created_after,
    createdBefore: planned.created_before,
  };
  const past = xactBefore(context.source.serverTime() / 1000 - SETTLING_SECONDS);
  const destinationContainer = destinationOf(task, context);
  const { store, lease } = context;
  const opened = await store.openPass(lease, {
    runId: context.runId,
    actionId: task.id,
    stream,
    container: task.source.id,
    destinationContainer,
    filter,
    settled: compareXacts(bounds.xactUpTo, past) < 0 ? bounds.xactUpTo : past,
    cuts: [null],
  });
  const left = opened.filter(({ status }) => status !== 'committed');
  return Promise.all(
    left.map(async ({ id, status }) => {
      const range = await store.leaseRange(lease, id);
      return laneRange({ range, isTakenUp: status === 'leased' }, filter, bounds, task, context);
    }),
  );
}

function laneRange(
  { range, isTakenUp }: { readonly range: StreamRange; readonly isTakenUp: boolean },
  planned: PassFilter,
  bounds: Bounds,
  task: CopyTask,
  context: PassContext,
): LaneRange {
  const collision = collisionOf(range, task, context);
  // What was counted says nothing of a pass that another run had begun, or of the one that follows it.
  const isPlanned = range.filter.xactAfter === planned.xactAfter && range.filter.xactUpTo === planned.xactUpTo;
  return {
    range,
    address: task.address,
    expectedRows: isPlanned ? bounds.rows : null,
    lastKey: isPlanned ? bounds.lastKey : null,
    collision,
    isInDoubt: isTakenUp && context.spec.streams.onRowConflict === 'skip' && collision?.upTo !== null,
  };
}

/** Which rows may be in the destination already; nobody asks where the source's rows win. */
function collisionOf(range: StreamRange, task: CopyTask, context: PassContext): LaneRange['collision'] {
  const { spec, state, inventories } = context;
  if (spec.streams.onRowConflict === 'source') return null;
  const known = state.streams.find(
    ({ stream, container, destinationContainer }) =>
      stream === range.stream && container === range.container && destinationContainer === range.destinationContainer,
  );
  if (known !== undefined) return { upTo: known.lastKey };
  const existed = inventories.destination.resources.has(task.containerAddress);
  const merges = spec.policy.intoNonempty === 'merge' && existed;
  return task.planned.may_collide || merges ? { upTo: null } : null;
}

/** Throws BTM_FAILED when the container is not in the destination. */
export function destinationOf({ containerAddress }: Pick<CopyTask, 'containerAddress'>, { book }: PassContext): string {
  const id = book.id(containerAddress);
  if (id !== undefined) return id;
  throw new BtMigrateError('BTM_FAILED', { detail: `${containerAddress} is not in the destination.` });
}

function wholeFilter({ planned }: CopyTask): RowFilter {
  return {
    keyAfter: null,
    keyUpTo: null,
    xactAfter: planned.xact_after,
    xactUpTo: null,
    createdAfter: planned.created_after,
    createdBefore: planned.created_before,
  };
}
