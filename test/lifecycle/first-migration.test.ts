import { afterEach, expect, test } from 'vitest';
import type { Emulator } from '../../emulator/start-emulator.ts';
import { type Plan, writes } from '../../src/domain/plan.ts';
import { clientOf } from '../support/emulator-client.ts';
import { Migration, startAcme } from '../support/migration.ts';

let emulator: Emulator;
afterEach(() => emulator.close());

test('an org that uses every kind is planned, applied, and planned again without a change', async () => {
  emulator = await startAcme({ seed: 'demo' });
  const migration = new Migration({ emulator });

  const plan = await migration.plan();
  expect(idsOf(plan, 'create')).toContain('create:prompt."Support bot".triage');
  expect(idsOf(plan, 'link')).toContain('link:project."Support bot"');
  expect(idsOf(plan, 'blocked')).toContain('blocked:function."Support bot".resolution-check');

  const run = await migration.apply(plan);
  expect(run.summary).toMatchObject({ created: idsOf(plan, 'create').length, failed: 0 });
  expect(run.actions.filter(({ status }) => status === 'not_attempted')).toEqual([]);

  const again = await migration.plan();
  expect(again.actions.filter(({ op }) => writes(op))).toEqual([]);
  expect(idsOf(again, 'blocked')).toEqual(idsOf(plan, 'blocked'));
});

test('the same plan applied twice says so and sends no write', async () => {
  emulator = await startAcme({ seed: 'demo' });
  const migration = new Migration({ emulator });
  const plan = await migration.plan();
  const first = await migration.apply(plan);
  emulator.requests.clear();

  const second = await migration.apply(plan);

  expect(second).toMatchObject({ already_applied: true, run_id: first.run_id });
  expect(emulator.requests.all().filter(({ method, path }) => method !== 'GET' && path.startsWith('/v1'))).toEqual([]);
});

test('editing one prompt of a project whose settings refer to much else is one update, which applies', async () => {
  emulator = await startAcme({ seed: 'demo' });
  const migration = new Migration({ emulator });
  await migration.apply(await migration.plan());
  const source = clientOf(emulator, 'Acme Dev');
  const [prompt] = await source.list('/v1/prompt?slug=handover');
  await source.object('PATCH', `/v1/prompt/${prompt?.id}`, { description: 'Names the order number first' });

  const plan = await migration.plan();
  expect(plan.actions.filter(({ op }) => writes(op)).map(({ id }) => id)).toEqual([
    'update:prompt."Support bot".handover',
  ]);
  const run = await migration.apply(plan);

  expect(run.summary).toMatchObject({ updated: 1, failed: 0 });
  expect((await migration.plan()).actions.filter(({ op }) => writes(op))).toEqual([]);
});

function idsOf(plan: Plan, op: string): string[] {
  return plan.actions.filter((action) => action.op === op).map(({ id }) => id);
}
