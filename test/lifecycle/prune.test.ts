import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Shown } from '../support/emulator-client.ts';
import type { Migration } from '../support/migration.ts';
import { action, blocks, chat, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let project: Shown;

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  project = await orgs.project();
});
afterEach(() => orgs.close());

const make = (kind: string, body: object) =>
  orgs.source.object('POST', `/v1/${kind}`, { project_id: project.id, ...body });
const there = (path: string, name: string) => orgs.found('destination', path, name);

async function gone(count: number, yaml: string) {
  const tags: Shown[] = [];
  for (let number = 0; number < 4; number += 1) tags.push(await make('project_tag', { name: `t${number}` }));
  const migration = orgs.migration();
  await migrate(migration);
  for (const { id } of tags.slice(0, count)) await orgs.source.object('DELETE', `/v1/project_tag/${id}`);
  migration.respec(yaml);
  return migration;
}
const names = async () => (await orgs.destination.list('/v1/project_tag')).map(({ name }) => name).sort();

test('without it, what the source no longer has is named and kept', async () => {
  const migration = await gone(2, '');
  const { plan } = await migrate(migration);
  expect(action(plan, 'skip:project_tag."Support bot".t0').reason).toBe('removed_from_source');
  expect(await names()).toEqual(['t0', 't1', 't2', 't3']);
});

test('with it, as many as allowed are deleted and forgotten', async () => {
  const migration = await gone(2, 'policy: { prune: true, max_deletes: 2 }');
  const { plan, run } = await migrate(migration);
  expect(pending(plan)).toEqual(['delete:project_tag."Support bot".t0', 'delete:project_tag."Support bot".t1']);
  expect(run.summary.deleted).toBe(2);
  expect(await names()).toEqual(['t2', 't3']);
  const { mappings } = await migration.store.snapshot();
  expect(mappings.filter(({ kind }) => kind === 'project_tag')).toHaveLength(2);
  expect(pending(await migration.plan())).toEqual([]);
});

test('a deletion whose answer gets lost is done, not failed', async () => {
  const migration = await gone(1, 'policy: { prune: true, max_deletes: 2 }');
  const plan = await migration.plan();
  const copy = await there('/v1/project_tag', 't0');
  orgs.emulator.faults.add({
    match: { method: 'DELETE', path: `/v1/project_tag/${copy.id}` },
    times: 1,
    action: { type: 'reset', when: 'after' },
  });
  expect((await migration.apply(plan)).summary).toMatchObject({ deleted: 1, failed: 0 });
  expect(await names()).toEqual(['t1', 't2', 't3']);
  expect(pending(await migration.plan())).toEqual([]);
});

test('over the limit nothing is deleted', async () => {
  const migration = await gone(3, 'policy: { prune: true, max_deletes: 2 }');
  const { plan } = await migrate(migration);
  expect(blocks(plan).filter((block) => block.endsWith('(delete_limit)'))).toHaveLength(3);
  expect(action(plan, 'blocked:project_tag."Support bot".t0').changes).toEqual([
    { path: 'deletions_needed', before: 3 },
    { path: 'deletions_allowed', before: 2 },
  ]);
  expect(await names()).toHaveLength(4);
});

test('what somebody changed since, and what somebody else made, is not deleted', async () => {
  const migration = await gone(1, 'policy: { prune: true, max_deletes: 5 }');
  const changed = await there('/v1/project_tag', 't0');
  await orgs.destination.object('PATCH', `/v1/project_tag/${changed.id}`, { description: 'Mine' });
  await orgs.destination.object('POST', '/v1/project_tag', { project_id: changed.project_id, name: 'own' });
  const { plan } = await migrate(migration);
  expect(blocks(plan)).toEqual(['project_tag."Support bot".t0 (conflict)']);
  expect(await names()).toEqual(['own', 't0', 't1', 't2', 't3']);
});

test('what something else still refers to is kept', async () => {
  const tool = { name: 'Tool', slug: 'tool', function_type: 'tool', function_data: { type: 'prompt' } };
  const { id } = await make('function', tool);
  await make('function', { ...tool, name: 'Other', slug: 'other' });
  const migration = orgs.migration('policy: { prune: true, max_deletes: 5 }');
  await migrate(migration);
  const copy = await there('/v1/function', 'tool');
  await orgs.destination.object('POST', '/v1/prompt', {
    project_id: copy.project_id,
    name: 'Own',
    slug: 'own',
    prompt_data: chat('Own', { tool_functions: [{ type: 'function', id: copy.id }] }),
  });
  await orgs.source.object('DELETE', `/v1/function/${id}`);
  const plan = await migration.plan();
  expect(blocks(plan)).toEqual(['function."Support bot".tool (still_referenced)']);
  expect(action(plan, 'blocked:function."Support bot".tool').changes).toEqual([
    { path: 'referenced_by', before: 'prompt."Support bot".own' },
  ]);
});

test('what referred to each other is deleted together, and what let go is updated first', async () => {
  const tool = { function_type: 'tool', function_data: { type: 'prompt' } };
  const a = await make('function', { ...tool, name: 'A', slug: 'a' });
  const b = await make('function', {
    ...tool,
    name: 'B',
    slug: 'b',
    prompt_data: chat('B', { tool_functions: [{ type: 'function', id: a.id }] }),
  });
  await orgs.source.object('PATCH', `/v1/function/${a.id}`, {
    prompt_data: chat('A', { tool_functions: [{ type: 'function', id: b.id }] }),
  });
  const user = await make('prompt', {
    name: 'User',
    slug: 'user',
    prompt_data: chat('User', { tool_functions: [{ type: 'function', id: a.id }] }),
  });
  await make('function', { ...tool, name: 'C', slug: 'c' });
  const migration = orgs.migration('policy: { prune: true, max_deletes: 5 }');
  await migrate(migration);
  await orgs.source.object('PATCH', `/v1/prompt/${user.id}`, { prompt_data: { tool_functions: [] } });
  for (const { id } of [a, b]) await orgs.source.object('DELETE', `/v1/function/${id}`);
  const { plan } = await migrate(migration);
  expect(action(plan, 'delete:function."Support bot".a').depends_on).toContain('update:prompt."Support bot".user');
  expect((await orgs.destination.list('/v1/function')).map(({ slug }) => slug).sort()).toEqual(['c', 'user']);
  expect(pending(await migration.plan())).toEqual([]);
});

test('a project that is not selected is out of reach', async () => {
  const other = await orgs.project('Other');
  const tag = await orgs.source.object('POST', '/v1/mcp_server', {
    project_id: other.id,
    name: 'Desk',
    url: 'https://desk.acme.example',
  });
  await make('mcp_server', { name: 'Desk', url: 'https://desk.acme.example' });
  const migration = orgs.migration();
  await migrate(migration);
  await orgs.source.object('DELETE', `/v1/mcp_server/${tag.id}`);
  migration.respec('projects: { include: ["Support bot"] }\npolicy: { prune: true, max_deletes: 5 }');
  expect(pending(await migration.plan())).toEqual([]);
  migration.respec('policy: { prune: true, max_deletes: 5 }');
  expect(pending(await migration.plan())).toEqual(['delete:mcp_server.Other.Desk']);
});

test('a project with its rows is never deleted', async () => {
  await make('dataset', { name: 'Golden' });
  const migration = orgs.migration('policy: { prune: true, max_deletes: 5 }');
  await orgs.project('Stays');
  await migrate(migration);
  await orgs.source.object('DELETE', `/v1/project/${project.id}`);
  const { plan } = await migrate(migration);
  expect(blocks(plan)).toContain('project."Support bot" (rows_unknown)');
  expect(pending(plan)).toEqual([]);
});

describe('a dataset with rows', () => {
  const rows = (side: 'source' | 'destination', dataset_id: string, ...ids: string[]) =>
    orgs[side].object('POST', '/logs3', { rows: ids.map((id) => ({ id, dataset_id, input: side })), api_version: 2 });
  const copied = async (): Promise<Migration> => {
    const { id } = await make('dataset', { name: 'Golden' });
    await make('dataset', { name: 'Stays' });
    await rows('source', id, 'r0', 'r1');
    const migration = orgs.migration('policy: { prune: true, max_deletes: 5 }');
    await migrate(migration);
    await orgs.source.object('DELETE', `/v1/dataset/${id}`);
    return migration;
  };
  const names = async () => (await orgs.destination.list('/v1/dataset')).map(({ name }) => name).sort();

  test('goes when all of them are ours', async () => {
    const migration = await copied();
    const { plan } = await migrate(migration);
    expect(pending(plan)).toEqual(['delete:dataset."Support bot".Golden']);
    expect(await names()).toEqual(['Stays']);
  });

  test.each([
    ['was added', 'own'],
    ['was edited', 'r1'],
  ])('stays when one %s by others', async (_how, id) => {
    const migration = await copied();
    const golden = await orgs.found('destination', '/v1/dataset', 'Golden');
    await rows('destination', golden.id, id);
    expect(blocks(await migration.plan())).toEqual(['dataset."Support bot".Golden (rows_unknown)']);
  });

  test('stays when one was added after the plan was made, or none can be counted', async () => {
    const migration = await copied();
    const plan = await migration.plan();
    const golden = await orgs.found('destination', '/v1/dataset', 'Golden');
    await rows('destination', golden.id, 'own');
    const run = await migration.apply(plan);
    expect(run.actions.find(({ op }) => op === 'delete')).toMatchObject({
      status: 'failed',
      error: { code: 'BTM_PLAN_STALE' },
    });
    expect(await names()).toEqual(['Golden', 'Stays']);
    orgs.emulator.faults.add({ match: { bodyIncludes: golden.id }, action: { type: 'status', status: 403 } });
    expect(blocks(await migration.plan())).toEqual(['dataset."Support bot".Golden (rows_unknown)']);
  });
});
