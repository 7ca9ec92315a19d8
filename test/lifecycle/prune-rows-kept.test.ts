import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  BASELINE,
  deleted,
  LOGS,
  left,
  numbered,
  rowDeletions,
  SCOPE,
  ThreeContainers,
  TICKETS,
} from '../support/three-containers.ts';
import { action, blocks, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let containers: ThreeContainers;

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  containers = await ThreeContainers.start(orgs);
});
afterEach(() => orgs.close());

describe('rows that are not deleted', () => {
  test('edited in the destination, before the plan or after it', async () => {
    const migration = await containers.copied('policy: { prune: true, max_deletes: 9 }');
    await containers.write('source', 'logs', deleted('r1', 'r2', 'r3'));
    await containers.write('destination', 'logs', [{ id: 'r1', output: 'Mine', _is_merge: true }]);
    const plan = await migration.plan();
    expect(rowDeletions(plan)).toEqual({ [LOGS]: { rows: 2, ids: ['r2', 'r3'] } });
    await containers.write('destination', 'logs', [{ id: 'r2', output: 'Mine too', _is_merge: true }]);
    const run = await migration.apply(plan);
    expect(run.streams).toEqual([{ address: LOGS, rows: 0, bytes: 0, quarantined: 0, kept: 1, deleted: 1 }]);
    expect(await containers.held('destination', 'logs')).toEqual(left('r3'));
    expect(pending(await migration.plan())).toEqual([]);
  });

  test('of a container of which the source shows no row at all, which can be accepted', async () => {
    const policy = 'policy: { prune: true, max_deletes: 99 }\n';
    const migration = await containers.copied(policy);
    const ids = numbered(10).map((row) => (row as { id: string }).id);
    await containers.write('source', 'dataset', deleted(...ids));
    await containers.write('source', 'logs', deleted('r4'));
    const { plan } = await migrate(migration);
    expect(blocks(plan)).toEqual([`${TICKETS} (empty_source)`]);
    expect(action(plan, `blocked:${TICKETS}`).before).toEqual({ rows: 10, ids });
    expect(rowDeletions(plan)).toEqual({ [LOGS]: { rows: 1, ids: ['r4'] } });
    expect(await containers.held('destination', 'dataset')).toEqual(left());
    expect(await containers.held('destination', 'logs')).toEqual(left('r4'));
    migration.respec(`${SCOPE}${policy}accept: [{ at: 'dataset_rows.*', reason: emptied for good }]`);
    const accepted = await migration.plan();
    expect(action(accepted, `blocked:${TICKETS}`).accepted).toEqual({ reason: 'emptied for good' });
    expect(accepted.notices).toBeUndefined();
    // A row that was never copied shows that the source can be read.
    migration.respec(`${SCOPE}${policy}`);
    await containers.write('source', 'dataset', [{ id: 'new', input: 'young' }]);
    expect(rowDeletions(await migration.plan())).toEqual({ [TICKETS]: { rows: 10, ids } });
  });

  test('in the source again since the plan was made', async () => {
    const migration = await containers.copied('policy: { prune: true, max_deletes: 9 }');
    await containers.write('source', 'dataset', deleted('r1', 'r2'));
    const plan = await migration.plan();
    await containers.write('source', 'dataset', [{ id: 'r1', input: 'back' }]);
    const run = await migration.apply(plan);
    expect(run.streams).toEqual([{ address: TICKETS, rows: 0, bytes: 0, quarantined: 0, deleted: 1, returned: 1 }]);
    expect(await containers.held('destination', 'dataset')).toEqual(left('r2'));
  });

  test('written by others, even when the source has none of them', async () => {
    const migration = await containers.copied('policy: { prune: true, max_deletes: 9 }');
    await containers.write('destination', 'logs', [{ id: 'theirs', input: 'live' }]);
    expect(rowDeletions(await migration.plan())).toEqual({});
    await containers.write('source', 'logs', deleted('r4'));
    const { plan } = await migrate(migration);
    expect(rowDeletions(plan)).toEqual({ [LOGS]: { rows: 1, ids: ['r4'] } });
    expect(await containers.held('destination', 'logs')).toEqual([...left('r4'), 'theirs']);
  });

  test('more of them than policy.max_deletes, objects and rows together', async () => {
    const migration = await containers.copied('policy: { prune: true, max_deletes: 3 }');
    await containers.write('source', 'logs', deleted('r1', 'r2', 'r3'));
    await containers.write('source', 'experiment', deleted('r1'));
    const { plan } = await migrate(migration);
    expect(blocks(plan).sort()).toEqual([`${BASELINE} (delete_limit)`, `${LOGS} (delete_limit)`]);
    expect(action(plan, `blocked:${LOGS}`).before).toEqual({ rows: 3, ids: ['r1', 'r2', 'r3'] });
    expect(await containers.held('destination', 'logs')).toEqual(left());
    migration.respec(`${SCOPE}policy: { prune: true }`);
    expect(blocks(await migration.plan()).sort()).toEqual([`${BASELINE} (delete_limit)`, `${LOGS} (delete_limit)`]);
  });

  test('under protect, which is told unless it is agreed to', async () => {
    const policy = `policy: { prune: true, max_deletes: 9 }\nprotect: ['dataset."Support bot".*']\n`;
    const migration = await containers.copied(policy);
    await containers.write('source', 'dataset', deleted('r1'));
    const { plan } = await migrate(migration);
    expect(blocks(plan)).toEqual([`${TICKETS} (protected)`]);
    expect(await containers.held('destination', 'dataset')).toEqual(left());
    migration.respec(`${SCOPE}${policy}accept: [{ at: '${TICKETS}', reason: kept for audits }]`);
    expect(action(await migration.plan(), `blocked:${TICKETS}`).accepted).toEqual({ reason: 'kept for audits' });
  });

  test('outside of the creation window, in the source or not', async () => {
    const window = 'streams: { logs: { created_after: 2026-03-10 } }\n';
    const day = (n: number) => ({ id: `day-${n}`, created: `2026-03-${String(n + 5).padStart(2, '0')}T00:00:00Z` });
    await containers.write(
      'source',
      'logs',
      Array.from({ length: 10 }, (_, n) => day(n)),
    );
    containers.settle();
    const migration = orgs.migration(SCOPE);
    await migrate(migration);
    containers.settle();
    migration.respec(`${SCOPE}${window}policy: { prune: true, max_deletes: 9, into_nonempty: merge }`);
    // With another window everything within it is copied once more, and nothing is known before that.
    expect(rowDeletions((await migrate(migration)).plan)).toEqual({});
    containers.settle();
    await containers.write('source', 'logs', deleted('day-1', 'day-8'));
    const { plan } = await migrate(migration);
    expect(rowDeletions(plan)).toEqual({ [LOGS]: { rows: 1, ids: ['day-8'] } });
    expect(await containers.held('destination', 'logs')).toContain('day-1');
  });

  test('of a container that cannot be counted or read', async () => {
    const migration = await containers.copied('policy: { prune: true, max_deletes: 9 }');
    await containers.write('source', 'dataset', deleted('r1'));
    const refuse = (after: number) =>
      orgs.emulator.faults.add({
        match: { method: 'POST', path: '/btql', org: 'Acme Prod' },
        after,
        action: { type: 'status', status: 400 },
      });
    refuse(0);
    expect(blocks(await migration.plan()).sort()).toEqual(
      [TICKETS, BASELINE, LOGS].map((stream) => `${stream} (count_failed)`),
    );
    orgs.emulator.faults.clear();
    refuse(3);
    expect(blocks(await migration.plan())).toEqual([`${TICKETS} (count_failed)`]);
  });

  test('when the source shows its rows as they were before they were copied', async () => {
    const migration = await containers.copied('policy: { prune: true, max_deletes: 9 }');
    await containers.write('source', 'dataset', deleted('r1'));
    const late = (xact: string) => {
      orgs.emulator.faults.clear();
      orgs.emulator.faults.add({
        match: { path: '/btql', org: 'Acme Dev', bodyIncludes: 'id IN [' },
        action: {
          type: 'status',
          status: 200,
          body: { data: [], realtime_state: { type: 'off' }, freshness_state: { last_processed_xact_id: xact } },
        },
      });
    };
    const { streams: passes } = await migration.store.snapshot();
    const settled = BigInt(passes.find(({ stream }) => stream === 'dataset_rows')?.settled ?? 0);
    late(String(settled - 1n));
    expect(blocks(await migration.plan())).toEqual([`${TICKETS} (count_failed)`]);
    late(String(settled));
    expect(rowDeletions(await migration.plan())).toEqual({ [TICKETS]: { rows: 1, ids: ['r1'] } });
  });
});
