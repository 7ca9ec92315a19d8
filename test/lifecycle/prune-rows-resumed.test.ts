import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { renderRunSummary, runHeadline } from '../../src/cli/views/render-run-summary.ts';
import { BtMigrateError } from '../../src/domain/errors.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { Migration } from '../support/migration.ts';
import { deleted, LOGS, numbered, SCOPE, ThreeContainers, TICKETS } from '../support/three-containers.ts';
import { migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let containers: ThreeContainers;

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  containers = await ThreeContainers.start(orgs);
});
afterEach(() => orgs.close());

describe('an apply that ends in the middle', () => {
  async function manyGone(): Promise<{ migration: Migration; plan: Plan }> {
    const migration = await containers.copied('policy: { prune: true, max_deletes: 2000 }', 1_500);
    await containers.write('source', 'logs', deleted(...Array.from({ length: 1_400 }, (_, n) => `r${n}`)));
    return { migration, plan: await migration.plan() };
  }

  test('is resumed where it was, and deletes nothing twice', async () => {
    const { migration, plan } = await manyGone();
    const [hold = ''] = orgs.emulator.faults.add({
      match: { method: 'POST', path: '/logs3', org: 'Acme Prod' },
      after: 1,
      times: 1,
      action: { type: 'hold', when: 'after' },
    });
    const applying = migration.apply(plan);
    await orgs.emulator.faults.held(hold);
    migration.abort.abort(new BtMigrateError('BTM_INTERRUPTED', { detail: 'SIGINT arrived.' }));
    orgs.emulator.faults.clear();
    const cut = await applying;
    expect(cut.ended_by).toMatchObject({ code: 'BTM_INTERRUPTED' });
    expect(await containers.held('destination', 'logs')).toHaveLength(500);
    orgs.emulator.requests.clear();
    const again = orgs.migration(`${SCOPE}policy: { prune: true, max_deletes: 2000 }`, { store: migration.store });
    const run = await again.apply(plan);
    expect(run).toMatchObject({ resumed: true, summary: { deleted: 0, rows_deleted: 1_400, failed: 0 } });
    expect(runHeadline(run)).toContain('Applied: 1,400 rows deleted, ');
    const text = renderRunSummary(run, { color: false });
    expect(text).toContain('1,400 deleted that the source no longer has');
    expect(text).not.toContain('Deleted (');
    expect(run.streams).toEqual([{ address: LOGS, rows: 0, bytes: 0, quarantined: 0, deleted: 1_400 }]);
    expect(orgs.writesSent().filter((write) => write === 'POST /logs3')).toHaveLength(1);
    expect(await containers.held('destination', 'logs')).toHaveLength(100);
    containers.settle();
    expect(pending(await again.plan())).toEqual([]);
  });

  test('is counted in the report of the run that goes on with it', async () => {
    await containers.write('source', 'logs', numbered(10));
    await containers.write('source', 'dataset', numbered(10));
    const migration = orgs.migration(`${SCOPE}policy: { prune: true, max_deletes: 10 }`);
    containers.settle();
    await migrate(migration);
    containers.settle();
    await containers.write('source', 'logs', deleted('r0', 'r1', 'r2'));
    await containers.write('source', 'dataset', deleted('r4', 'r5'));
    await containers.write('destination', 'logs', [{ id: 'r2', input: 'by hand' }]);
    const plan = await migration.plan();
    expect(pending(plan)).toEqual([`delete:${LOGS}`, `delete:${TICKETS}`].sort());
    await containers.write('destination', 'logs', [{ id: 'r1', input: 'by hand' }]);
    orgs.emulator.faults.add({
      match: {
        method: 'POST',
        path: '/logs3',
        org: 'Acme Prod',
        bodyIncludes: await containers.idOf('destination', 'dataset'),
      },
      action: { type: 'status', status: 400, body: { message: 'not today' } },
    });
    expect((await migration.apply(plan)).summary).toMatchObject({ deleted: 0, rows_deleted: 1, failed: 1 });
    orgs.emulator.faults.clear();
    const run = await migration.apply(plan);
    expect(run).toMatchObject({ resumed: true, summary: { deleted: 0, rows_deleted: 3, failed: 0 } });
    expect(run.streams).toEqual([
      { address: TICKETS, rows: 0, bytes: 0, quarantined: 0, deleted: 2 },
      { address: LOGS, rows: 0, bytes: 0, quarantined: 0, deleted: 1, kept: 1 },
    ]);
  });

  test('by a lost answer sends the same deletion once more', async () => {
    const { migration, plan } = await manyGone();
    orgs.emulator.faults.add({
      match: { method: 'POST', path: '/logs3', org: 'Acme Prod' },
      times: 1,
      action: { type: 'reset', when: 'after' },
    });
    expect((await migration.apply(plan)).summary).toMatchObject({ deleted: 0, rows_deleted: 1_400, failed: 0 });
    expect(await containers.held('destination', 'logs')).toHaveLength(100);
  });
});
