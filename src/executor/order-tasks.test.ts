import { expect, test } from 'vitest';
import type { PlannedAction } from '../domain/plan.ts';
import { orderTasks } from './order-tasks.ts';
import { schedule } from './scheduler.ts';

function action(id: string, depends_on: string[] = [], after: PlannedAction['after'] = {}): PlannedAction {
  const colon = id.indexOf(':');
  return {
    id,
    op: id.slice(0, colon) as PlannedAction['op'],
    address: id.slice(colon + 1),
    depends_on,
    reason: 'missing_in_destination',
    source_fingerprint: null,
    destination_fingerprint: null,
    after,
  };
}

/** The order in which actions begin, one at a time; `failing` do not succeed. */
async function orderOf(actions: readonly PlannedAction[], failing: readonly string[] = []): Promise<string[]> {
  const begun: string[] = [];
  await schedule(orderTasks(actions), {
    parallelism: 1,
    signal: new AbortController().signal,
    companions: () => [],
    run: async (ids) => {
      begun.push(...ids.filter((id) => actions.some((one) => one.id === id)));
      return new Set(ids.filter((id) => !failing.includes(id)));
    },
    skip: () => undefined,
  });
  return begun;
}

const PROJECT = action('create:project.Acme');
const LOGS = action('copy:logs.Acme', [PROJECT.id]);
const PROMPT = action('create:prompt.Acme.triage', [PROJECT.id]);
const TAG = action('create:project_tag.Acme.vip', [LOGS.id]);

test('rows are copied once everything is made that they may refer to', async () => {
  expect(await orderOf([LOGS, PROJECT, TAG, PROMPT])).toEqual([PROJECT.id, PROMPT.id, LOGS.id, TAG.id]);
});

test('a prompt that cannot be made keeps no rows from being copied', async () => {
  expect(await orderOf([LOGS, PROJECT, PROMPT], [PROMPT.id])).toEqual([PROJECT.id, PROMPT.id, LOGS.id]);
});

test('rows do not wait for an experiment that waits for rows, nor for what is made after it', async () => {
  const dataset = action('create:dataset.Acme.tickets', [PROJECT.id]);
  const rows = action('copy:dataset_rows.Acme.tickets', [dataset.id]);
  const pinned = action('create:experiment.Acme.first', [dataset.id, rows.id]);
  const later = action('create:experiment.Acme.second', [PROJECT.id]);
  const order = await orderOf([PROJECT, dataset, rows, pinned, later]);
  expect(order).toEqual([PROJECT.id, dataset.id, rows.id, pinned.id, later.id]);
});

test('what is shown in the order of its creation is made one by one within its project', () => {
  const project = { $ref: 'project.Acme' };
  const [first, second, other] = [
    action('create:project_tag.Acme.a', [], { project_id: project }),
    action('create:project_tag.Acme.b', [], { project_id: project }),
    action('create:project_tag.Other.a', [], { project_id: { $ref: 'project.Other' } }),
  ] as const;
  const follows = orderTasks([first, second, other]).map((task) => task.follows);
  expect(follows).toEqual([[], [first.id], []]);
});
