import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Plan, PlannedCollisions } from '../../src/domain/plan.ts';
import type { Shown } from '../support/emulator-client.ts';
import { logRows, rowsOf, StreamOrgs } from '../support/stream-orgs.ts';
import { action, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let streams: StreamOrgs;
let project: Shown;
let there: Shown;

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  streams = new StreamOrgs(orgs);
  project = await orgs.project('P');
  there = await orgs.destination.object('POST', '/v1/project', { name: 'P' });
});
afterEach(() => orgs.close());

/** Makes a dataset on both sides, with rows `r0`, `r1` … in each. */
async function datasetOf(name: string, rows: { source: number; destination: number }): Promise<void> {
  const here = await streams.make('source', 'dataset', project, name);
  const copy = await streams.make('destination', 'dataset', there, name);
  await streams.insert('source', rowsOf({ dataset_id: here.id }, rows.source));
  if (rows.destination > 0) await streams.insert('destination', rowsOf({ dataset_id: copy.id }, rows.destination));
}

/** What the plan says of each blocked container. */
function collisions(plan: Plan): (readonly [string, PlannedCollisions | undefined])[] {
  return plan.actions
    .filter(({ reason }) => reason === 'destination_not_empty')
    .map(({ address, collides }) => [address, collides] as const);
}

/** Queries that name rows, sent since the request log was cleared. */
function looks(): string[] {
  return streams.queries().filter((query) => query.includes('select: id,'));
}

describe('rows that both sides hold under one id', () => {
  test('are the first five, in order, of what one page shows', async () => {
    await datasetOf('many', { source: 12, destination: 700 });
    expect(collisions(await orgs.migration().plan())).toEqual([
      ['dataset_rows.P.many', { ids: ['r0', 'r1', 'r10', 'r11', 'r2'], looked_at: 500, found: 12 }],
    ]);
  });

  test('are told of each container alone', async () => {
    await datasetOf('few', { source: 1, destination: 3 });
    await datasetOf('most', { source: 3, destination: 2 });
    expect(collisions(await orgs.migration().plan())).toEqual([
      ['dataset_rows.P.few', { ids: ['r0'], looked_at: 3, found: 1 }],
      ['dataset_rows.P.most', { ids: ['r0', 'r1'], looked_at: 2, found: 2 }],
    ]);
    expect(looks()).toHaveLength(2);
  });

  test('are those that a copy would bring', async () => {
    const created = { created: '2025-06-01T00:00:00Z' };
    await streams.insert('source', [...logRows(project, 2, created), ...logRows(project, 1, {}, 2)]);
    await streams.insert('destination', logRows(there, 3));
    const plan = await orgs.migration('streams: { logs: { created_after: 2026-01-01 } }').plan();
    expect(collisions(plan)).toEqual([['logs.P', { ids: ['l2'], looked_at: 3, found: 1 }]]);
  });

  test('of 60 containers are looked for in 25, within containers / 25 + 5 queries', async () => {
    for (let n = 0; n < 60; n++) await datasetOf(`set-${n}`, { source: 2, destination: 1 });
    orgs.emulator.requests.clear();
    const found = collisions(await orgs.migration().plan());
    expect(found).toHaveLength(60);
    const told = found.filter(([, collides]) => collides !== undefined);
    expect(told).toHaveLength(25);
    for (const [address, collides] of told) expect(collides, address).toEqual({ ids: ['r0'], looked_at: 1, found: 1 });
    expect(looks()).toHaveLength(2);
    expect(streams.queries().length).toBeLessThanOrEqual(60 / 25 + 5);
  });

  test.each([
    { side: 'Acme Prod', status: 500, sent: 1 },
    { side: 'Acme Dev', status: 429, sent: 2 },
    { side: 'Acme Dev', status: 400, sent: 2 },
  ])('are not named when $side answers $status, and the plan is made all the same', async ({ side, status, sent }) => {
    await datasetOf('golden', { source: 2, destination: 1 });
    orgs.emulator.requests.clear();
    orgs.emulator.faults.add({
      match: { method: 'POST', path: '/btql', org: side, bodyIncludes: 'select: id,' },
      action: { type: 'status', status, retryAfter: 600 },
    });
    expect(collisions(await orgs.migration().plan())).toEqual([['dataset_rows.P.golden', undefined]]);
    expect(looks()).toHaveLength(sent);
  });

  test('are not looked for without estimates, nor where the destination is empty', async () => {
    await datasetOf('golden', { source: 2, destination: 1 });
    await datasetOf('empty', { source: 2, destination: 0 });
    orgs.emulator.requests.clear();
    const plan = await orgs.migration().plan({ estimates: 'none' });
    expect(action(plan, 'copy:dataset_rows.P.golden').collides).toBeUndefined();
    expect(looks()).toEqual([]);
    expect(action(await orgs.migration().plan(), 'copy:dataset_rows.P.empty').collides).toBeUndefined();
  });
});
