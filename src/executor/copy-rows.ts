import { BtMigrateError } from '../domain/errors.ts';
import type { ActionId, PlannedAction } from '../domain/plan.ts';
import type { UnresolvedReference } from '../domain/stream-state.ts';
import { xactSpan } from '../domain/xact.ts';
import { copyLane } from '../streams/copy-lane.ts';
import type { LaneDeps, LaneOutcome, LaneRange } from '../streams/lane.ts';
import type { ReferenceLookup, RowReference } from '../streams/reference-lookup.ts';
import { type CopyTask, copyTask } from './copy-task.ts';
import { endsRun } from './ends-run.ts';
import { mendRows } from './mend-rows.ts';
import { boundsOf, destinationOf, openPass, type PassContext } from './open-pass.ts';

export interface CopyContext {
  readonly passes: PassContext;
  /** What the lanes of a run share. */
  readonly lane: LaneDeps;
  /** Hears what a lane did to its rows. */
  readonly note: (outcome: LaneOutcome) => void;
}

type Outcomes = Map<ActionId, BtMigrateError | undefined>;

/**
 * Copies the rows of containers of one stream in one lane and finishes their passes. Returns what went wrong, by action;
 * undefined for a copy that went well.
 *
 * A pass that is finished is found finished by whoever asks again, so a crash before the action is recorded as done costs
 * one look at the state. When a lane of several fails, each container is tried alone: one of them may be the reason.
 * @throws what ends the whole run.
 */
export async function copyRows(
  actions: readonly PlannedAction[],
  context: CopyContext,
): Promise<ReadonlyMap<ActionId, BtMigrateError | undefined>> {
  const outcomes: Outcomes = new Map();
  const tasks: CopyTask[] = [];
  for (const action of actions) {
    const task = copyTask(action, context.passes.inventories);
    if (task === undefined) outcomes.set(action.id, goneFromSource(action));
    else tasks.push(task);
  }
  await copyOrSplit(tasks, context, outcomes);
  return outcomes;
}

async function copyOrSplit(tasks: readonly CopyTask[], context: CopyContext, outcomes: Outcomes): Promise<void> {
  try {
    await copyTogether(tasks, context);
    for (const { id } of tasks) outcomes.set(id, undefined);
  } catch (error) {
    if (!(error instanceof BtMigrateError) || endsRun(error)) throw error;
    const [only] = tasks;
    if (tasks.length === 1 && only !== undefined) outcomes.set(only.id, error);
    else for (const task of tasks) await copyOrSplit([task], context, outcomes);
  }
}

/** A pass that another run had left ends at its own bound, so each copy is asked again until nothing is left. */
async function copyTogether(tasks: readonly CopyTask[], context: CopyContext): Promise<void> {
  for (const task of tasks) await mendFound(task, context);
  const bounds = await boundsOf(tasks, context.passes);
  const { store, lease } = context.passes;
  for (;;) {
    const opened = await Promise.all(tasks.map((task) => openPass(task, bounds.get(task.id) ?? null, context.passes)));
    const passes = opened.filter((ranges) => ranges.length > 0);
    const [first, ...rest] = passes.flat();
    if (first === undefined) return;
    context.note(await copyLane([first, ...rest], context.lane));
    await Promise.all(passes.map((ranges) => store.finishPass(lease, idsOf(ranges))));
  }
}

/** What still leads nowhere, although the plan expected it to, is left to the next plan. */
async function mendFound(task: CopyTask, context: CopyContext): Promise<void> {
  const { mends } = task.planned;
  if (mends === undefined) return;
  const references = mends.references
    .map(({ type, source_id: sourceId }) => ({ type, sourceId }))
    .filter((one) => isFound(one, context.lane.lookup));
  if (references.length === 0) return;
  await mendTask(task, references, { xactAfter: mends.xact_after, xactUpTo: mends.xact_up_to }, context);
}

/**
 * Writes rows again that an earlier attempt of this run copied before what they refer to was made: that had failed then,
 * and has been made since.
 * @throws what `mendRows` throws.
 */
export async function mendCopied(
  actions: readonly PlannedAction[],
  unresolved: readonly UnresolvedReference[],
  context: CopyContext,
): Promise<void> {
  for (const action of actions) {
    const task = copyTask(action, context.passes.inventories);
    if (task === undefined) continue;
    const { stream, source } = task;
    const own = unresolved.filter(
      (one) => one.stream === stream && one.container === source.id && isFound(one, context.lane.lookup),
    );
    const span = xactSpan(own);
    if (span === undefined) continue;
    const references = own.map(({ type, sourceId }) => ({ type, sourceId: sourceId ?? '' }));
    await mendTask(task, references, span, context);
  }
}

async function mendTask(
  { address, stream, source, planned, ...task }: CopyTask,
  references: readonly RowReference[],
  span: { readonly xactAfter: string; readonly xactUpTo: string },
  context: CopyContext,
): Promise<void> {
  const { lane, passes, note } = context;
  const outcome = await mendRows(
    {
      runId: passes.runId,
      address,
      stream,
      container: source.id,
      destinationContainer: destinationOf(task, passes),
      filter: { ...span, createdAfter: planned.created_after, createdBefore: planned.created_before },
      references,
    },
    { lane, store: passes.store, lease: passes.lease, keepsEdited: passes.spec.streams.onRowConflict === 'skip' },
  );
  if (outcome !== undefined) note(outcome);
}

function isFound({ type, sourceId }: { type: string; sourceId: string | null }, lookup: ReferenceLookup): boolean {
  return type !== 'attachment' && sourceId !== null && lookup.objectId(type, sourceId) !== undefined;
}

function idsOf(ranges: readonly LaneRange[]): string[] {
  return ranges.map(({ range }) => range.id);
}

function goneFromSource({ address }: PlannedAction): BtMigrateError {
  return new BtMigrateError('BTM_FAILED', {
    detail: `What holds ${address} is gone from the source, so its rows cannot be read.`,
    hint: 'Make the plan again: bt-migrate plan -o plan.out',
  });
}
