import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Plan } from '../../src/domain/plan.ts';
import { openMemoryState } from '../../src/state/memory-store.ts';
import type { Shown } from '../support/emulator-client.ts';
import type { Migration } from '../support/migration.ts';
import { chat, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let project: Shown;
let prompt: Shown;
let migration: Migration;

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  project = await orgs.project();
  prompt = await make('prompt', { name: 'Triage', slug: 'triage', prompt_data: chat('One.') });
  migration = orgs.migration();
});
afterEach(() => orgs.close());

const make = (kind: string, body: object) =>
  orgs.source.object('POST', `/v1/${kind}`, { project_id: project.id, ...body });

async function expectStale(plan: Plan, ...lines: string[]): Promise<void> {
  orgs.emulator.requests.clear();
  await expect(migration.apply(plan)).rejects.toMatchObject({
    code: 'BTM_PLAN_STALE',
    exitCode: 4,
    detail: `${lines.map((line) => `  ${line}`).join('\n')}\nNothing was written.`,
  });
  expect(orgs.writesSent()).toEqual([]);
}

test('an edit of the source after the plan makes it stale', async () => {
  const plan = await migration.plan();
  await orgs.source.object('PATCH', `/v1/prompt/${prompt.id}`, { description: 'New' });
  await expectStale(plan, 'prompt."Support bot".triage: changed in the source');
});

test('an edit of the destination after the plan makes it stale', async () => {
  await migrate(migration);
  await orgs.source.object('PATCH', `/v1/prompt/${prompt.id}`, { description: 'New' });
  const plan = await migration.plan();
  const { id } = await orgs.found('destination', '/v1/prompt', 'triage');
  await orgs.destination.object('PATCH', `/v1/prompt/${id}`, { description: 'By hand' });
  await expectStale(plan, 'prompt."Support bot".triage: changed in the destination');
});

test('an edit of what the plan does not touch does not matter', async () => {
  await make('project_tag', { name: 'refund' });
  await migrate(migration);
  await orgs.source.object('PATCH', `/v1/prompt/${prompt.id}`, { description: 'New' });
  const plan = await migration.plan();
  const tag = await orgs.found('destination', '/v1/project_tag', 'refund');
  await orgs.destination.object('PATCH', `/v1/project_tag/${tag.id}`, { color: '#000000' });
  expect((await migration.apply(plan)).summary).toMatchObject({ updated: 1, failed: 0 });
});

test('an object that appears where one was to be made makes the plan stale', async () => {
  const plan = await migration.plan();
  await orgs.destination.object('POST', '/v1/project', { name: 'Support bot' });
  await expectStale(plan, 'project."Support bot": exists in the destination now');
});

test('a source object that is gone makes the plan stale', async () => {
  const plan = await migration.plan();
  await orgs.source.object('DELETE', `/v1/prompt/${prompt.id}`);
  await expectStale(plan, 'prompt."Support bot".triage: is gone from the source');
});

test('an object that the plan refers to and that is gone makes it stale', async () => {
  const golden = await make('dataset', { name: 'Golden' });
  await migrate(migration);
  await make('experiment', { name: 'Run', dataset_id: golden.id });
  const plan = await migration.plan();
  const copy = await orgs.found('destination', '/v1/dataset', 'Golden');
  await orgs.destination.object('DELETE', `/v1/dataset/${copy.id}`);
  await expectStale(plan, 'dataset."Support bot".Golden: is gone from the destination');
});

test('a person that the plan refers to and that left makes it stale', async () => {
  const invite = { invite_users: { emails: ['ann@acme.example'] } };
  for (const side of ['source', 'destination'] as const)
    await orgs[side].object('PATCH', '/v1/organization/members', invite);
  const [ann] = await orgs.source.list('/v1/user?email=ann@acme.example');
  await orgs.source.object('POST', '/v1/group', { name: 'Team', member_users: [ann?.id] });
  const plan = await migration.plan();
  await orgs.destination.object('PATCH', '/v1/organization/members', {
    remove_users: { emails: ['ann@acme.example'] },
  });
  await expectStale(plan, 'user."ann@acme.example": is gone from the destination, and the plan refers to it');
});

test('an adoption is stale when the object moved after the plan', async () => {
  const there = await orgs.destination.object('POST', '/v1/project', { name: 'Support bot' });
  const plan = await migration.plan();
  await orgs.destination.object('PATCH', `/v1/project/${there.id}`, { description: 'Mine' });
  await expectStale(plan, 'project."Support bot": changed in the destination');
});

test('another spec makes a plan stale', async () => {
  const plan = await migration.plan();
  migration.respec('policy: { on_conflict: update }');
  await expect(migration.apply(plan)).rejects.toMatchObject({
    code: 'BTM_PLAN_STALE',
    exitCode: 4,
    detail: 'The spec has changed since the plan was made. Nothing was written.',
  });
  expect(orgs.writesSent()).toEqual([]);
});

test('a serial that moved alone does not', async () => {
  await migrate(migration);
  await orgs.source.object('PATCH', `/v1/prompt/${prompt.id}`, { description: 'New' });
  const plan = await migration.plan();
  const { mappings, serial } = await migration.store.snapshot();
  const lease = await migration.store.acquireLease({ host: 'h', pid: 1, bootId: 'b', jobUrl: null }, 0);
  const [mapping] = mappings;
  if (mapping === undefined) throw new Error('nothing was mapped');
  await migration.store.putMapping(lease, { ...mapping, sourceId: '7d8a6b50-5f06-4f0c-9f0e-3c4f6f1f0009' });
  await lease.release();
  expect((await migration.store.snapshot()).serial).toBeGreaterThan(serial);
  expect((await migration.apply(plan)).summary).toMatchObject({ updated: 1, failed: 0 });
});

test('a plan made with another state, or before there was one, is stale', async () => {
  const early = await migration.plan();
  await migrate(migration);
  await orgs.source.object('PATCH', `/v1/prompt/${prompt.id}`, { description: 'New' });
  const plan = await migration.plan();
  const elsewhere = orgs.migration('', { store: openMemoryState() });
  await expect(elsewhere.apply(plan)).rejects.toMatchObject({
    code: 'BTM_PLAN_STALE',
    detail: expect.stringContaining('another state'),
  });
  const other = { ...early, state: { lineage: null, serial: 0 }, digest: `sha256:${'0'.repeat(64)}` };
  await expect(migration.apply(other)).rejects.toMatchObject({
    code: 'BTM_PLAN_STALE',
    detail: expect.stringContaining('without a state'),
  });
});

test('a plan that was resumed half way is stale when somebody touched what it had written', async () => {
  await make('project_tag', { name: 'refund' });
  const plan = await migration.plan();
  orgs.emulator.faults.add({
    match: { method: 'POST', path: '/v1/project_tag' },
    action: { type: 'status', status: 403 },
  });
  expect((await migration.apply(plan)).summary).toMatchObject({ created: 2, failed: 1 });
  orgs.emulator.faults.clear();
  const { id } = await orgs.found('destination', '/v1/prompt', 'triage');
  await orgs.destination.object('PATCH', `/v1/prompt/${id}`, { description: 'By hand' });
  await expectStale(plan, 'prompt."Support bot".triage: changed in the destination since this plan wrote it');
  await migrate(migration);
  expect(pending(await migration.plan())).toEqual([]);
});

test('a plan with nothing to do succeeds even when everything moved', async () => {
  await migrate(migration);
  const plan = await migration.plan();
  await orgs.source.object('PATCH', `/v1/prompt/${prompt.id}`, { description: 'New' });
  expect((await migration.apply(plan)).run_id).toBe(null);
});

test('stale or not is found out by listing, not by asking for each object', async () => {
  for (let number = 0; number < 30; number += 1) await make('project_tag', { name: `t${number}` });
  const plan = await migration.plan();
  orgs.emulator.requests.clear();
  await migration.apply(plan);
  const reads = orgs.emulator.requests.matching('GET').map(({ path }) => path);
  expect(reads.filter((path) => path.startsWith('/v1/project_tag/'))).toEqual([]);
  expect(reads.length).toBeLessThan(40);
});
