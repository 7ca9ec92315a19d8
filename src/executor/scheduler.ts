import type { ActionId } from '../domain/plan.ts';

/**
 * Runs tasks in dependency order with bounded parallelism and no level barriers.
 *
 * States of a task: `waiting` (something it needs or follows is not over) → `ready` → `running` → `succeeded` | `failed`.
 * `waiting` → `skipped` when something it *needs* failed or was skipped. What it only *follows* may end either way.
 * Once `signal` aborts, nothing leaves `ready` any more and the running tasks are awaited.
 */
export interface Task {
  readonly id: ActionId;
  /** Must have succeeded. */
  readonly needs: readonly ActionId[];
  /** Must be over. */
  readonly follows: readonly ActionId[];
}

export interface Scheduling {
  readonly parallelism: number;
  readonly signal: AbortSignal;
  /** Which of the other ready tasks to run together with the first: they count as one for `parallelism`. */
  readonly companions: (first: ActionId, ready: Iterable<ActionId>) => readonly ActionId[];
  /** Returns those that succeeded; throwing ends the whole schedule after the running tasks. */
  readonly run: (ids: readonly ActionId[]) => Promise<ReadonlySet<ActionId>>;
  readonly skip: (id: ActionId, becauseOf: ActionId) => void;
}

/** Ids of tasks outside the list count as over and succeeded. Resolves with the tasks that never started. */
export async function schedule(
  tasks: readonly Task[],
  { parallelism, signal, companions, run, skip }: Scheduling,
): Promise<ActionId[]> {
  const known = new Set(tasks.map(({ id }) => id));
  const pending = new Map<ActionId, number>();
  const needers = new Map<ActionId, ActionId[]>();
  const followers = new Map<ActionId, ActionId[]>();
  const ready: ActionId[] = [];
  for (const { id, needs, follows } of tasks) {
    const needed = needs.filter((other) => known.has(other));
    const followed = follows.filter((other) => known.has(other));
    pending.set(id, needed.length + followed.length);
    for (const other of needed) append(needers, other, id);
    for (const other of followed) append(followers, other, id);
    if (needed.length + followed.length === 0) ready.push(id);
  }
  const over = new Set<ActionId>();
  const started = new Set<ActionId>();
  const release = (id: ActionId): void => {
    const left = (pending.get(id) ?? 0) - 1;
    pending.set(id, left);
    if (left === 0 && !over.has(id)) ready.push(id);
  };
  const settle = (id: ActionId, succeeded: boolean): void => {
    const queue: { id: ActionId; succeeded: boolean }[] = [{ id, succeeded }];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      over.add(next.id);
      for (const follower of followers.get(next.id) ?? []) release(follower);
      for (const needer of needers.get(next.id) ?? []) {
        if (next.succeeded) release(needer);
        else if (!over.has(needer)) {
          skip(needer, next.id);
          queue.push({ id: needer, succeeded: false });
        }
      }
    }
  };
  let failure: { readonly error: unknown } | undefined;
  const running = new Set<Promise<void>>();
  let head = 0;
  function* readyNow(): Generator<ActionId> {
    for (const id of ready.slice(head)) if (!over.has(id) && !started.has(id)) yield id;
  }
  while (true) {
    while (head < ready.length && running.size < parallelism && !signal.aborted && failure === undefined) {
      const first = ready[head];
      head += 1;
      if (first === undefined || over.has(first) || started.has(first)) continue;
      const ids = [first, ...companions(first, readyNow())];
      for (const id of ids) started.add(id);
      const task: Promise<void> = run(ids)
        .then(
          (succeeded) => {
            for (const id of ids) settle(id, succeeded.has(id));
          },
          (error: unknown) => {
            failure ??= { error };
          },
        )
        .finally(() => running.delete(task));
      running.add(task);
    }
    if (running.size === 0) break;
    await Promise.race(running);
  }
  if (failure !== undefined) throw failure.error;
  return tasks.map(({ id }) => id).filter((id) => !started.has(id) && !over.has(id));
}

function append(map: Map<ActionId, ActionId[]>, key: ActionId, value: ActionId): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
