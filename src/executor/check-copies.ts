import type { OrgReader } from '../domain/org.ts';
import type { ActionId, PlannedAction } from '../domain/plan.ts';
import type { RowFilter } from '../domain/row-io.ts';
import type { Spec } from '../domain/spec.ts';
import type { JournalEntry, StateSnapshot } from '../domain/state.ts';
import { deletesRows } from '../domain/stream-plan.ts';
import { planPass } from '../inventory/plan-pass.ts';
import type { Inventories } from '../inventory/read-inventories.ts';
import { staleLine, stalePlan } from './check-stale.ts';
import { type CopyTask, copyTask } from './copy-task.ts';

const ALL_ROWS: RowFilter = {
  keyAfter: null,
  keyUpTo: null,
  xactAfter: null,
  xactUpTo: null,
  createdAfter: null,
  createdBefore: null,
};

interface CopyChecks {
  readonly journal: ReadonlyMap<ActionId, JournalEntry>;
  readonly state: StateSnapshot;
  readonly spec: Spec;
  readonly inventories: Inventories;
  readonly destination: OrgReader;
}

/**
 * Checks that copies which were not begun still start from what the plan was made from: nothing was copied since, and a
 * container that had to be empty still is. What rows live in must be in the source, also where rows are to be deleted. Takes
 * one query for 25 containers that exist and are copied for the first time.
 * @throws BTM_PLAN_STALE, and what counting throws.
 */
export async function checkCopies(work: readonly PlannedAction[], checks: CopyChecks): Promise<void> {
  const { journal, inventories, spec, destination } = checks;
  const tasks: CopyTask[] = [];
  const moved: string[] = [];
  for (const action of work) {
    if ((action.op !== 'copy' && !deletesRows(action)) || journal.has(action.id)) continue;
    const task = copyTask(action, inventories);
    if (task === undefined) moved.push(staleLine(action.address, 'what holds these rows is gone from the source'));
    else if (action.op === 'copy') tasks.push(task);
  }
  moved.push(...tasks.filter((task) => wasCopiedSince(task, checks)).map(copiedSince));
  const toBeEmpty = spec.policy.intoNonempty === 'block' ? tasks.filter((task) => mustBeEmpty(task, checks)) : [];
  const containers = toBeEmpty.flatMap((task) => {
    const held = inventories.destination.resources.get(task.containerAddress);
    return held === undefined ? [] : [{ task, container: { stream: task.stream, id: held.id } }];
  });
  const counts = await destination.countRows(containers.map(({ container }) => ({ container, filter: ALL_ROWS })));
  for (const [index, { task }] of containers.entries()) {
    const rows = counts[index]?.rows ?? 0;
    if (rows === 0) continue;
    moved.push(
      staleLine(task.address, `${rows} ${rows === 1 ? 'row is' : 'rows are'} in the destination now; it was empty`),
    );
  }
  if (moved.length > 0) throw stalePlan(moved.sort());
}

function wasCopiedSince(task: CopyTask, checks: CopyChecks): boolean {
  return nextPass(task, checks).xactAfter !== task.planned.xact_after;
}

function copiedSince({ address }: CopyTask): string {
  return staleLine(address, 'rows were copied since the plan was made');
}

function mustBeEmpty(task: CopyTask, checks: CopyChecks): boolean {
  return task.planned.pass === 'first' && nextPass(task, checks).unfinished.length === 0;
}

function nextPass({ stream, address, source, containerAddress }: CopyTask, checks: CopyChecks) {
  const destination = checks.inventories.destination.resources.get(containerAddress);
  return planPass({ stream, address, source, destination }, checks.spec, checks.state);
}
