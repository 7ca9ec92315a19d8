import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readInventories } from '../../src/inventory/read-inventories.ts';
import { driftOfRows } from '../../src/verify/drift-rows.ts';
import {
  BASELINE,
  deleted,
  LOGS,
  left,
  rowDeletions,
  SCOPE,
  ThreeContainers,
  TICKETS,
} from '../support/three-containers.ts';
import { action, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let containers: ThreeContainers;

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  containers = await ThreeContainers.start(orgs);
});
afterEach(() => orgs.close());

describe('rows that were deleted in the source', () => {
  test('of all three streams are planned, deleted, and forgotten', async () => {
    const migration = await containers.copied('policy: { prune: true, max_deletes: 4 }');
    await containers.write('source', 'logs', deleted('r3', 'r7'));
    await containers.write('source', 'dataset', deleted('r0'));
    await containers.write('source', 'experiment', deleted('r9'));
    const plan = await migration.plan();
    expect(rowDeletions(plan)).toEqual({
      [LOGS]: { rows: 2, ids: ['r3', 'r7'] },
      [TICKETS]: { rows: 1, ids: ['r0'] },
      [BASELINE]: { rows: 1, ids: ['r9'] },
    });
    expect(action(plan, `delete:${LOGS}`).reason).toBe('removed_from_source');
    const run = await migration.apply(plan);
    expect(run.summary).toMatchObject({ deleted: 0, rows_deleted: 4, failed: 0, rows: 0 });
    expect(run.streams).toContainEqual({ address: LOGS, rows: 0, bytes: 0, quarantined: 0, deleted: 2 });
    expect(await containers.held('destination', 'logs')).toEqual(left('r3', 'r7'));
    expect(await containers.held('destination', 'dataset')).toEqual(left('r0'));
    expect(await containers.held('destination', 'experiment')).toEqual(left('r9'));
    containers.settle();
    expect(pending(await migration.plan())).toEqual([]);
    expect((await migration.apply(plan)).already_applied).toBe(true);
  });

  test('are deleted in the same plan in which others are copied', async () => {
    const migration = await containers.copied('policy: { prune: true, max_deletes: 9 }');
    await containers.write('source', 'dataset', [...deleted('r1', 'r2'), { id: 'new', input: 'another' }]);
    const { plan, run } = await migrate(migration);
    expect(pending(plan).sort()).toEqual([`copy:${TICKETS}`, `delete:${TICKETS}`]);
    expect(run.streams).toEqual([expect.objectContaining({ address: TICKETS, rows: 1, deleted: 2 })]);
    expect(await containers.held('destination', 'dataset')).toEqual(['new', ...left('r1', 'r2')]);
  });

  test('are left alone without policy.prune, and drift --rows tells of them', async () => {
    const migration = await containers.copied('');
    await containers.write('source', 'logs', deleted('r3'));
    const { plan } = await migrate(migration);
    expect(pending(plan)).toEqual([]);
    expect(await containers.held('destination', 'logs')).toEqual(left());
    const { source, destination } = migration.open();
    const [spec, state, report] = [migration.spec(), await migration.store.snapshot(), () => undefined];
    const inventories = await readInventories({ source, destination, spec, state, report });
    const items = await driftOfRows({ spec, source, destination, inventories, state, report });
    await Promise.all([source.close(), destination.close()]);
    expect(items.find(({ address }) => address === LOGS)?.changes).toEqual([{ path: 'rows.surplus', after: 1 }]);
  });

  test('are found among thousands by counting, without naming them all', async () => {
    for (let day = 1; day <= 20; day += 1) {
      const created = `2026-03-${String(day).padStart(2, '0')}T10:00:00.000Z`;
      const rows = Array.from({ length: 1_000 }, (_, n) => ({ id: `d${day}-${n}`, created, input: n }));
      await containers.write('source', 'logs', rows);
    }
    containers.settle();
    const migration = orgs.migration(SCOPE);
    await migrate(migration);
    containers.settle();
    migration.respec(`${SCOPE}policy: { prune: true, max_deletes: 5 }`);
    await containers.write('source', 'logs', deleted('d7-500', 'd18-1'));
    orgs.emulator.requests.clear();
    migration.events.length = 0;
    const plan = await migration.plan();
    expect(rowDeletions(plan)).toEqual({ [LOGS]: { rows: 2, ids: ['d7-500', 'd18-1'] } });
    const pages = containers.streams
      .queries()
      .filter((query) => query.includes('select: id, _xact_id, _pagination_key'));
    expect(pages.length).toBeLessThan(15);
    const [started, ...rest] = migration.events.filter(({ type }) => type.includes('search'));
    const [finished, ...read] = rest.reverse();
    const names = { type: 'rows_searched', address: LOGS };
    const rows = { source: 0, destination: 0 };
    for (const event of read) {
      expect(event).toMatchObject(names);
      if (event.type === 'rows_searched') rows[event.side] += event.rows;
    }
    expect(rows.destination - rows.source).toBe(2);
    const questions = containers.streams.queries().filter((query) => query.includes('id IN ['));
    const sent = (side: string) => [...pages, ...questions].filter((query) => query.startsWith(side)).length;
    expect(started).toEqual({
      type: 'search_started',
      address: LOGS,
      rows_total: rows.source + rows.destination,
      requests: { source: sent('Acme Dev'), destination: sent('Acme Prod') },
    });
    expect(finished).toEqual({ type: 'search_finished', address: LOGS, rows: 2 });
    expect(containers.streams.queries().filter((query) => query.includes('select: *')).length).toBe(0);
  });
});

test('a row in quarantine hides no row that the source has deleted', async () => {
  orgs.emulator.faults.add({
    match: { method: 'POST', path: '/logs3', org: 'Acme Prod', bodyIncludes: '"ticket 5"' },
    action: { type: 'status', status: 400 },
  });
  const migration = await containers.copied('policy: { prune: true, max_deletes: 9 }');
  orgs.emulator.faults.clear();
  expect(await containers.held('destination', 'logs')).toEqual(left('r5'));
  expect(rowDeletions(await migration.plan())).toEqual({});
  await containers.write('source', 'logs', deleted('r3'));
  expect(rowDeletions(await migration.plan())).toEqual({ [LOGS]: { rows: 1, ids: ['r3'] } });
});

test('a plan of nothing to delete takes two counts for each stream, more only with policy.prune', async () => {
  const migration = await containers.copied('');
  orgs.emulator.requests.clear();
  await migration.plan();
  const before = containers.streams.queries().length;
  migration.respec(`${SCOPE}policy: { prune: true, max_deletes: 1 }`);
  orgs.emulator.requests.clear();
  await migration.plan();
  expect(containers.streams.queries().length - before).toBe(6);
});

test('a source that lost the container since the plan makes it stale', async () => {
  const migration = await containers.copied('policy: { prune: true, max_deletes: 9 }');
  await containers.write('source', 'dataset', deleted('r1'));
  const plan = await migration.plan();
  await orgs.source.object('DELETE', `/v1/dataset/${await containers.idOf('source', 'dataset')}`);
  await expect(migration.apply(plan)).rejects.toMatchObject({ code: 'BTM_PLAN_STALE' });
  expect(await containers.held('destination', 'dataset')).toEqual(left());
});
