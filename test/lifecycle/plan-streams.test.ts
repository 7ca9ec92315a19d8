import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NotMigrated, Plan } from '../../src/domain/plan.ts';
import { serializePlan } from '../../src/planner/plan-file.ts';
import { copies, logRows, rowsOf, StreamOrgs } from '../support/stream-orgs.ts';
import { action, blocks, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let streams: StreamOrgs;

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  streams = new StreamOrgs(orgs);
});
afterEach(() => orgs.close());

/** What a plan leaves behind of rows. */
function lostOf(plan: Plan): NotMigrated[] {
  return plan.not_migrated.filter(({ reason }) => reason === 'not_accepted_by_api');
}

describe('the rows of containers that were never copied', () => {
  test('are copied after their container, with what was counted and sampled', async () => {
    const project = await orgs.project();
    const dataset = await streams.make('source', 'dataset', project, 'golden');
    const experiment = await streams.make('source', 'experiment', project, 'baseline', { dataset_id: dataset.id });
    await streams.make('source', 'dataset', project, 'empty');
    await streams.insert('source', logRows(project, 120));
    await streams.insert('source', rowsOf({ dataset_id: dataset.id }, 3));
    const xact_id = await streams.insert('source', rowsOf({ experiment_id: experiment.id }, 2));
    orgs.emulator.requests.clear();
    const plan = await orgs.migration().plan();
    expect(copies(plan)).toEqual([
      'dataset_rows."Support bot".golden',
      'experiment_rows."Support bot".baseline',
      'logs."Support bot"',
    ]);
    expect(plan.actions.filter(({ address }) => address.includes('empty')).map(({ id }) => id)).toEqual([
      'create:dataset."Support bot".empty',
    ]);
    expect(action(plan, 'copy:experiment_rows."Support bot".baseline')).toEqual({
      id: 'copy:experiment_rows."Support bot".baseline',
      op: 'copy',
      address: 'experiment_rows."Support bot".baseline',
      reason: 'rows_pending',
      depends_on: ['create:dataset."Support bot".golden', 'create:experiment."Support bot".baseline'],
      source_fingerprint: null,
      destination_fingerprint: null,
      after: {
        pass: 'first',
        xact_after: null,
        xact_up_to: xact_id,
        created_after: null,
        created_before: null,
        counted: 2,
        rows: 2,
        first_key: expect.stringMatching(/^p\d{20}$/),
        last_key: expect.stringMatching(/^p\d{20}$/),
        bytes: expect.any(Number),
        requests: { source: 1, destination: 1 },
        may_collide: false,
      },
    });
    const { rows, bytes, streams: byStream } = plan.estimates;
    expect([rows, byStream.map(({ stream, copies: number }) => [stream, number])]).toEqual([
      125,
      [
        ['dataset_rows', 1],
        ['experiment_rows', 1],
        ['logs', 1],
      ],
    ]);
    expect(bytes).toBeGreaterThan(125 * 50);
    expect(streams.queries().length).toBeLessThanOrEqual(5);
  });

  test('are planned in the same bytes twice', async () => {
    const project = await orgs.project();
    await streams.insert('source', logRows(project, 200));
    const migration = orgs.migration();
    const [first, second] = [await migration.plan(), await migration.plan()];
    expect(serializePlan(second)).toBe(serializePlan(first));
  });

  test('are not counted without estimates', async () => {
    const project = await orgs.project();
    await streams.insert('source', logRows(project, 3));
    orgs.emulator.requests.clear();
    const plan = await orgs.migration().plan({ estimates: 'none' });
    expect(streams.queries()).toEqual([]);
    expect(action(plan, 'copy:logs."Support bot"').after).toMatchObject({ rows: null, xact_up_to: null, bytes: null });
    expect(plan.estimates).toMatchObject({ rows: null, bytes: null, requests: null });
  });

  test.each([100, 260])('of %i containers take at most containers / 25 + 5 queries', async (number) => {
    const project = await orgs.project();
    const names = Array.from({ length: number - 61 }, (_, n) => `set-${n}`);
    const datasets = await Promise.all(names.map((name) => streams.make('source', 'dataset', project, name)));
    const runs = Array.from({ length: 60 }, (_, n) => `run-${n}`);
    const experiments = await Promise.all(runs.map((name) => streams.make('source', 'experiment', project, name)));
    await streams.insert('source', logRows(project, 3));
    await streams.insert('source', [
      ...datasets.flatMap(({ id }) => rowsOf({ dataset_id: id }, 2)),
      ...experiments.flatMap(({ id }) => rowsOf({ experiment_id: id }, 2)),
    ]);
    // The second half of the datasets is in the destination already, so that emptiness has to be asked for, too.
    const there = await orgs.destination.object('POST', '/v1/project', { name: 'Support bot' });
    for (const name of names.slice(names.length / 2)) await streams.make('destination', 'dataset', there, name);
    orgs.emulator.requests.clear();
    const plan = await orgs.migration().plan();
    expect(copies(plan)).toHaveLength(number);
    expect(streams.queries().length).toBeLessThanOrEqual(number / 25 + 5);
  });

  test('that hold what no insert accepts say so, by container', async () => {
    const project = await orgs.project();
    const dataset = await streams.make('source', 'dataset', project, 'golden');
    await streams.make('source', 'dataset', project, 'unused');
    const experiment = await streams.make('source', 'experiment', project, 'run-1');
    await streams.insert('source', [
      ...logRows(project, 3),
      ...rowsOf({ dataset_id: dataset.id }, 2),
      ...rowsOf({ experiment_id: experiment.id }, 1),
    ]);
    await orgs.source.object('POST', `/v1/project_logs/${project.id}/feedback`, {
      feedback: [{ id: 'l1', comment: 'Check this one' }],
    });
    const migration = orgs.migration();
    const plan = await migration.plan();
    expect(lostOf(plan)).toEqual([
      { address: 'dataset_rows."Support bot".golden', path: 'audit_data', reason: 'not_accepted_by_api', count: 2 },
      { address: 'experiment_rows."Support bot".run-1', path: 'audit_data', reason: 'not_accepted_by_api', count: 1 },
      { address: 'logs."Support bot"', path: 'audit_data', reason: 'not_accepted_by_api', count: 3 },
      { address: 'logs."Support bot"', path: 'comments', reason: 'not_accepted_by_api', count: 1 },
    ]);
    // The report counts them, too, while they are copied.
    expect((await migration.apply(plan)).row_notes?.lost).toEqual({ audit_data: 6, comments: 1 });
  });

  test('are blocked, not forgotten, where they cannot be counted', async () => {
    const project = await orgs.project();
    const dataset = await streams.make('source', 'dataset', project, 'golden');
    await streams.insert('source', [...logRows(project, 3), ...rowsOf({ dataset_id: dataset.id }, 1)]);
    orgs.emulator.faults.add({
      match: { method: 'POST', path: '/btql', bodyIncludes: 'project_logs' },
      action: { type: 'status', status: 403 },
    });
    const plan = await orgs.migration().plan();
    expect(copies(plan)).toEqual(['dataset_rows."Support bot".golden']);
    expect(blocks(plan)).toEqual(['logs."Support bot" (count_failed)']);
  });

  test('are unknown with the list of what they live in', async () => {
    await orgs.project();
    orgs.emulator.faults.add({
      match: { method: 'GET', path: '/v1/dataset', org: 'Acme Dev' },
      action: { type: 'status', status: 403 },
    });
    const plan = await orgs.migration('resources: { include: [dataset_rows] }').plan();
    expect(blocks(plan)).toEqual(['dataset_rows.* (list_failed)']);
  });
});

describe('selection', () => {
  test('by stream kind, project and creation window', async () => {
    const project = await orgs.project();
    const other = await orgs.project('Scratch');
    const old = { created: '2025-12-31T23:59:59.999Z' };
    const inside = { created: '2026-01-01T00:00:00.000Z' };
    const beyond = { created: '2026-02-01T00:00:00.000Z' };
    await streams.insert('source', logRows(other, 2));
    await streams.insert('source', [
      ...logRows(project, 1, old),
      ...logRows(project, 2, inside, 1),
      ...logRows(project, 4, beyond, 3),
    ]);
    const dataset = await streams.make('source', 'dataset', project, 'golden');
    await streams.insert('source', rowsOf({ dataset_id: dataset.id }, 2));
    const plan = await orgs
      .migration(
        'projects: { exclude: [Scratch] }\nresources: { include: [logs] }\nstreams: { logs: { created_after: 2026-01-01, created_before: 2026-02-01 } }',
      )
      .plan();
    expect(pending(plan)).toEqual(['create:project."Support bot"', 'copy:logs."Support bot"']);
    expect(action(plan, 'copy:logs."Support bot"').after).toMatchObject({
      counted: 2,
      created_after: '2026-01-01T00:00:00.000Z',
      created_before: '2026-02-01T00:00:00.000Z',
    });
  });

  test('leaves out experiments that were made outside the window, with their rows and what lives in them', async () => {
    const project = await orgs.project();
    const day = (date: string) => orgs.emulator.clock.freeze(Date.parse(date));
    day('2020-01-01T00:00:00Z');
    const old = await streams.make('source', 'experiment', project, 'old');
    day('2026-01-01T00:00:00Z');
    const fresh = await streams.make('source', 'experiment', project, 'new', { base_exp_id: old.id });
    const alone = await streams.make('source', 'experiment', project, 'alone');
    await streams.insert(
      'source',
      [old, fresh, alone].flatMap(({ id }) => rowsOf({ experiment_id: id }, 1)),
    );
    const plan = await orgs.migration('streams: { experiments: { created_after: 2025-01-01 } }').plan();
    expect(plan.actions.filter(({ address }) => address.endsWith('.old'))).toEqual([]);
    expect(copies(plan)).toEqual(['experiment_rows."Support bot".alone']);
    expect(blocks(plan).sort()).toEqual([
      'experiment."Support bot".new (excluded_dependency)',
      'experiment_rows."Support bot".new (dependency_blocked)',
    ]);
  });

  test('of rows alone needs containers that are there', async () => {
    const project = await orgs.project();
    const dataset = await streams.make('source', 'dataset', project, 'golden');
    await streams.insert('source', rowsOf({ dataset_id: dataset.id }, 2));
    const migration = orgs.migration('resources: { include: [dataset_rows] }');
    expect(blocks(await migration.plan())).toEqual(['dataset_rows."Support bot".golden (excluded_dependency)']);
    const there = await orgs.destination.object('POST', '/v1/project', { name: 'Support bot' });
    await streams.make('destination', 'dataset', there, 'golden');
    expect(pending(await migration.plan())).toEqual(['copy:dataset_rows."Support bot".golden']);
  });
});
