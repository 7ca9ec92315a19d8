import { afterEach, expect, test } from 'vitest';
import type { Emulator } from '../../emulator/start-emulator.ts';
import type { DriftItem } from '../../src/domain/drift.ts';
import { compareOrgs } from '../../src/planner/compare-orgs.ts';
import { gatherInputs } from '../../src/planner/gather-inputs.ts';
import { noState } from '../../src/state/missing-store.ts';
import { clientOf } from '../support/emulator-client.ts';
import { Migration, startAcme } from '../support/migration.ts';

let emulator: Emulator;
afterEach(() => emulator.close());

async function compared(migration: Migration): Promise<DriftItem[]> {
  const { source, destination } = migration.open();
  const store = noState();
  try {
    const asOf = '2026-11-23';
    const report = () => undefined;
    const rows = 'ignored' as const;
    return compareOrgs(await gatherInputs({ spec: migration.spec(), source, destination, store, asOf, report, rows }));
  } finally {
    await Promise.all([source.close(), destination.close()]);
  }
}

test('an org that uses every kind is only in the source before it is migrated, and equal but for what is blocked after', async () => {
  emulator = await startAcme({ seed: 'demo' });
  const migration = new Migration({ emulator });
  const before = await compared(migration);
  expect(before.length).toBeGreaterThan(30);
  // Every organization comes with these grants (fact sheet 9).
  const provided = before.filter(({ status }) => status === 'in_sync').map(({ address }) => address);
  expect(provided.every((address) => /^acl\.organization\.-\."group:(Owners|Engineers|Viewers)"/.test(address))).toBe(
    true,
  );
  expect(before.filter(({ status }) => status !== 'missing')).toHaveLength(provided.length);

  const plan = await migration.plan();
  await migration.apply(plan);

  const blocked = new Set(plan.actions.filter(({ op }) => op === 'blocked').map(({ address }) => address));
  const after = await compared(migration);
  expect(after.map(({ address }) => address)).toEqual(before.map(({ address }) => address));
  const different = after.filter(({ status }) => status !== 'in_sync').map(({ address }) => address);
  expect(different.filter((address) => !blocked.has(address))).toEqual([]);
  // Which transaction of the destination a snapshot's is, only a state can say.
  const snapshot = after.find(({ address }) => address.startsWith('dataset_snapshot.'));
  expect(snapshot).toMatchObject({
    status: 'in_sync',
    changes: [],
    detail: expect.stringContaining('without a state'),
  });

  const [there] = await clientOf(emulator, 'Acme Prod').list('/v1/dataset_snapshot');
  await clientOf(emulator, 'Acme Prod').object('PATCH', `/v1/dataset_snapshot/${there?.id}`, { description: 'Edited' });
  const edited = (await compared(migration)).find(({ address }) => address === snapshot?.address);
  expect(edited?.status).toBe('both_moved');
});
