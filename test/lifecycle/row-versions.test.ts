import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Shown } from '../support/emulator-client.ts';
import { rowsOf, StreamOrgs } from '../support/stream-orgs.ts';
import { action, blocks, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

const EXPERIMENT = 'experiment."Support bot".baseline';
const SNAPSHOT = 'dataset_snapshot."Support bot".golden."Release 1"';
const ASSIGNMENT = 'environment_object.dataset."Support bot".golden.production';
const ROWS = 'dataset_rows."Support bot".golden';

let orgs: TwoOrgs;
let streams: StreamOrgs;
let project: Shown;
let dataset: Shown;
let newest: string;

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  streams = new StreamOrgs(orgs);
  project = await orgs.project();
  dataset = await streams.make('source', 'dataset', project, 'golden');
  await orgs.source.object('POST', '/environment', { name: 'Production', slug: 'production' });
  newest = await streams.insert('source', rowsOf({ dataset_id: dataset.id }, 3));
});
afterEach(() => orgs.close());

const experiment = (dataset_version: unknown, name = 'baseline') =>
  streams.make('source', 'experiment', project, name, { dataset_id: dataset.id, dataset_version });
const snapshot = (xact_id: unknown) =>
  orgs.source.object('POST', '/v1/dataset_snapshot', { dataset_id: dataset.id, name: 'Release 1', xact_id });
const assign = (object_version: unknown) =>
  orgs.source.object('PUT', `/environment-object/dataset/${dataset.id}/production`, { object_version });
const rows = (number: number) => {
  orgs.emulator.clock.advance(120_000);
  return streams.insert('source', rowsOf({ dataset_id: dataset.id }, number));
};
/** What the destination holds: the newest transaction of its rows, and what points at it. */
const there = async () => {
  const { id } = await orgs.found('destination', '/v1/dataset', 'golden');
  const query = `select: max(_xact_id) as newest | from: dataset('${id}')`;
  const { data } = await orgs.destination.object('POST', '/btql', { query });
  const assignments = await orgs.destination.list(`/environment-object/dataset/${id}`);
  return {
    newest: (data as { newest: string }[])[0]?.newest,
    experiment: (await orgs.destination.list('/v1/experiment')).find(({ name }) => name === 'baseline')
      ?.dataset_version,
    snapshots: (await orgs.destination.list('/v1/dataset_snapshot')).map(({ xact_id }) => xact_id),
    assigned: assignments.map(({ object_version }) => object_version),
  };
};

describe('a version of rows that is the newest', () => {
  test('becomes the version that the copy ends with, and is then left alone', async () => {
    await experiment(newest);
    await snapshot(newest);
    await assign(newest);
    const migration = orgs.migration();
    const { plan } = await migrate(migration);
    expect(action(plan, `link:${EXPERIMENT}`)).toMatchObject({
      reason: 'rows_copied',
      depends_on: [`copy:${ROWS}`, `create:${EXPERIMENT}`],
      after: { dataset_version: { $version: ROWS } },
    });
    for (const id of [`create:${SNAPSHOT}`, `create:${ASSIGNMENT}`])
      expect(action(plan, id).depends_on).toContain(`copy:${ROWS}`);
    const held = await there();
    expect(held.newest).toMatch(/^1000\d{15}$/);
    expect(held).toEqual({ ...held, experiment: held.newest, snapshots: [held.newest], assigned: [held.newest] });
    const again = await migration.plan();
    expect([pending(again), blocks(again)]).toEqual([[], []]);
    expect(action(again, `skip:${EXPERIMENT}`).reason).toBe('in_sync');
  });

  test('stays what it was when more rows come, and a new one follows them', async () => {
    await experiment(newest);
    await assign(newest);
    const migration = orgs.migration();
    await migrate(migration);
    const before = await there();
    const newer = await rows(5);
    await assign(newer);
    const { plan } = await migrate(migration);
    expect(pending(plan).sort()).toEqual([`copy:${ROWS}`, `update:${ASSIGNMENT}`]);
    const after = await there();
    expect(after.experiment).toBe(before.newest);
    expect([after.newest !== before.newest, after.assigned]).toEqual([true, [after.newest]]);
    expect(pending(await migration.plan())).toEqual([]);
  });

  test('of an experiment that is made after the rows were copied needs no second write', async () => {
    const migration = orgs.migration();
    await migrate(migration);
    await experiment(newest);
    const { plan } = await migrate(migration);
    expect(pending(plan)).toEqual([`create:${EXPERIMENT}`]);
    const held = await there();
    expect(held.experiment).toBe(held.newest);
  });
});

describe('an older version of rows', () => {
  beforeEach(async () => {
    await experiment(newest);
    await snapshot(newest);
    await assign(newest);
    await rows(4);
  });

  test('is left out where it says little and blocks what means nothing without it', async () => {
    const { plan } = await migrate(orgs.migration());
    expect(blocks(plan).sort()).toEqual(
      [`${SNAPSHOT} (version_not_newest)`, `${ASSIGNMENT} (version_not_newest)`].sort(),
    );
    expect(plan.not_migrated).toContainEqual({ address: EXPERIMENT, path: 'dataset_version', reason: 'pin_dropped' });
    expect(await there()).toMatchObject({ experiment: null, snapshots: [], assigned: [] });
  });
});

test('without its rows a dataset has no version to point at', async () => {
  await experiment(newest);
  const { plan } = await migrate(orgs.migration('resources: { exclude: [dataset_rows] }'));
  expect(plan.not_migrated).toContainEqual({ address: EXPERIMENT, path: 'dataset_version', reason: 'pin_dropped' });
});

test('a version that somebody chose in the destination is not taken from them', async () => {
  await assign(newest);
  const migration = orgs.migration('resources: { exclude: [environment_objects] }');
  await migrate(migration);
  const { id } = await orgs.found('destination', '/v1/dataset', 'golden');
  await orgs.destination.object('PUT', `/environment-object/dataset/${id}/production`, {
    object_version: '1000190000000000000',
  });
  migration.respec('');
  expect(blocks(await migration.plan())).toEqual([`${ASSIGNMENT} (conflict)`]);
});
