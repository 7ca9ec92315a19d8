import { kindOf } from '../domain/address.ts';
import { ROW_REFERENCE_KINDS } from '../domain/kind.ts';
import { type ActionId, actionId, type PlannedAction } from '../domain/plan.ts';
import { deletesRows } from '../domain/stream-plan.ts';
import { providerOf } from '../providers/registry.ts';
import type { Task } from './scheduler.ts';

/** Stands for "everything that rows refer to is there"; nothing is carried out for it. */
const REFERENCES_MADE = 'references-made';
/** Stands for "every object is gone that is no project". */
const CONTENTS_GONE = 'contents-gone';

/**
 * What has to be over before an action: its dependencies as planned, and orders that failures do not break.
 * Kinds whose creation order is display order follow one another within their project, in the order of the plan. Copies
 * follow the creation of everything that rows refer to, so that no reference keeps an id of the source; what waits for
 * rows itself (an experiment that pins a version of a dataset) is not waited for. Rows of a container are deleted before
 * others are copied, so that the version the copy ends with does not hold them. Projects are deleted last, because before
 * each of them lists are read that nothing may be deleted from meanwhile.
 */
export function orderTasks(actions: readonly PlannedAction[]): Task[] {
  const tasks = projectsLast(actions, inLanes(actions));
  const copies = new Set(actions.filter(({ op }) => op === 'copy').map(({ id }) => id));
  if (copies.size === 0) return tasks;
  const waiting = waitingFor(copies, tasks);
  const made = actions.filter(({ id, op, address }) => op === 'create' && isReferenced(address) && !waiting.has(id));
  const barrier: Task = { id: REFERENCES_MADE, needs: [], follows: made.map(({ id }) => id) };
  const deletions = new Map(actions.filter(deletesRows).map(({ id, address }) => [actionId('copy', address), id]));
  return [
    barrier,
    ...tasks.map((task) =>
      copies.has(task.id) ? { ...task, follows: [barrier.id, ...[deletions.get(task.id) ?? []].flat()] } : task,
    ),
  ];
}

function inLanes(actions: readonly PlannedAction[]): Task[] {
  const last = new Map<string, ActionId>();
  return actions.map(({ id, op, address, depends_on, after }) => {
    if (op !== 'create' || providerOf(address).ordered === undefined) return { id, needs: depends_on, follows: [] };
    const lane = `${providerOf(address).kind} ${JSON.stringify(after?.project_id ?? null)}`;
    const before = last.get(lane);
    last.set(lane, id);
    return { id, needs: depends_on, follows: before === undefined ? [] : [before] };
  });
}

function projectsLast(actions: readonly PlannedAction[], tasks: readonly Task[]): Task[] {
  const deletions = actions.filter(({ op }) => op === 'delete');
  const projects = new Set(deletions.filter(({ address }) => kindOf(address) === 'project').map(({ id }) => id));
  if (projects.size === 0) return [...tasks];
  const others = deletions.map(({ id }) => id).filter((id) => !projects.has(id));
  const barrier: Task = { id: CONTENTS_GONE, needs: [], follows: others };
  return [barrier, ...tasks.map((task) => (projects.has(task.id) ? { ...task, follows: [barrier.id] } : task))];
}

function isReferenced(address: string): boolean {
  return (ROW_REFERENCE_KINDS as readonly string[]).includes(kindOf(address));
}

/** Everything that has to wait for one of these tasks, at any distance. */
function waitingFor(ids: ReadonlySet<ActionId>, tasks: readonly Task[]): ReadonlySet<ActionId> {
  const behind = new Map<ActionId, ActionId[]>();
  for (const { id, needs, follows } of tasks) {
    for (const other of [...needs, ...follows]) {
      const known = behind.get(other);
      if (known === undefined) behind.set(other, [id]);
      else known.push(id);
    }
  }
  const waiting = new Set<ActionId>();
  const open = [...ids];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const next of behind.get(id) ?? []) {
      if (waiting.has(next)) continue;
      waiting.add(next);
      open.push(next);
    }
  }
  return waiting;
}
