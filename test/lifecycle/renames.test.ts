import { afterEach, beforeEach, expect, test } from 'vitest';
import { renderPlan } from '../../src/cli/views/render-plan.ts';
import type { Shown } from '../support/emulator-client.ts';
import { action, blocks, chat, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let project: Shown;

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  project = await orgs.project();
});
afterEach(() => orgs.close());

const makePrompt = (slug: string, name = slug) =>
  orgs.source.object('POST', '/v1/prompt', { project_id: project.id, name, slug, prompt_data: chat(slug) });

test('a project that gets another name in the spec is renamed, not made twice', async () => {
  await makePrompt('triage');
  const migration = orgs.migration();
  await migrate(migration);
  const there = await orgs.found('destination', '/v1/project', 'Support bot');
  migration.respec('projects: { rename: { "Support bot": "Support bot (prod)" } }');
  const { plan } = await migrate(migration);
  expect(pending(plan)).toEqual(['update:project."Support bot"']);
  expect(action(plan, 'update:project."Support bot"')).toMatchObject({
    reason: 'renamed',
    changes: [{ path: 'name', before: 'Support bot', after: 'Support bot (prod)' }],
  });
  expect((await orgs.destination.list('/v1/project')).map(({ id, name }) => [id, name])).toEqual([
    [there.id, 'Support bot (prod)'],
  ]);
  expect(pending(await migration.plan())).toEqual([]);
});

test('a project that is renamed in the source is renamed, and everything in it stays', async () => {
  await makePrompt('triage');
  const migration = orgs.migration();
  await migrate(migration);
  await orgs.source.object('PATCH', `/v1/project/${project.id}`, { name: 'Help desk' });
  const { plan } = await migrate(migration);
  expect(pending(plan)).toEqual(['update:project."Help desk"']);
  expect(action(plan, 'update:project."Help desk"').reason).toBe('renamed');
  expect((await orgs.destination.list('/v1/project')).map(({ name }) => name)).toEqual(['Help desk']);
  expect(await orgs.destination.list('/v1/prompt')).toHaveLength(1);
  const again = await migration.plan();
  expect(new Set(again.actions.map(({ reason }) => reason))).toEqual(new Set(['built_in', 'in_sync']));
});

test('a project that is renamed by hand in the destination gets its name back', async () => {
  const migration = orgs.migration();
  await migrate(migration);
  const { id } = await orgs.found('destination', '/v1/project', 'Support bot');
  await orgs.destination.object('PATCH', `/v1/project/${id}`, { name: 'Whatever' });
  const { plan } = await migrate(migration);
  expect(action(plan, 'update:project."Support bot"').reason).toBe('destination_changed');
  expect(pending(await migration.plan())).toEqual([]);
});

test('a prompt that gets another slug and name in the source keeps its identity', async () => {
  const prompt = await makePrompt('triage', 'Triage');
  const migration = orgs.migration();
  await migrate(migration);
  const { id } = await orgs.found('destination', '/v1/prompt', 'triage');
  await orgs.source.object('PATCH', `/v1/prompt/${prompt.id}`, { slug: 'sort', name: 'Sort' });
  const { plan } = await migrate(migration);
  expect(pending(plan)).toEqual(['update:prompt."Support bot".sort']);
  expect(action(plan, 'update:prompt."Support bot".sort').reason).toBe('renamed');
  expect((await orgs.destination.list('/v1/prompt')).map((one) => [one.id, one.slug, one.name])).toEqual([
    [id, 'sort', 'Sort'],
  ]);
  expect(pending(await migration.plan())).toEqual([]);
});

test('a new name that something else has in the destination is a collision', async () => {
  const prompt = await makePrompt('triage');
  const migration = orgs.migration();
  await migrate(migration);
  const there = await orgs.found('destination', '/v1/prompt', 'triage');
  await orgs.destination.object('POST', '/v1/prompt', {
    project_id: there.project_id,
    name: 'Taken',
    slug: 'sort',
    prompt_data: chat('Taken'),
  });
  await orgs.source.object('PATCH', `/v1/prompt/${prompt.id}`, { slug: 'sort' });
  const plan = await migration.plan();
  expect(blocks(plan)).toEqual(['prompt."Support bot".sort (rename_collision)']);
  const taken = await orgs.found('destination', '/v1/prompt', 'sort');
  expect(action(plan, 'blocked:prompt."Support bot".sort').changes).toEqual([
    { path: 'slug', before: 'triage', after: 'sort' },
    { path: 'held_by', before: `another prompt of this name (id ${taken.id})` },
  ]);
  await orgs.destination.object('PATCH', `/v1/prompt/${taken.id}`, { slug: 'sort-by-hand' });
  await migrate(migration);
  expect(await orgs.found('destination', '/v1/prompt', 'sort')).toMatchObject({ id: there.id });
});

test('names that move up a chain are freed before they are taken', async () => {
  const one = await makePrompt('one');
  const two = await makePrompt('two');
  const migration = orgs.migration();
  await migrate(migration);
  await orgs.source.object('PATCH', `/v1/prompt/${two.id}`, { slug: 'three' });
  await orgs.source.object('PATCH', `/v1/prompt/${one.id}`, { slug: 'two' });
  const { plan } = await migrate(migration);
  expect(action(plan, 'update:prompt."Support bot".two').depends_on).toEqual(['update:prompt."Support bot".three']);
  expect((await orgs.destination.list('/v1/prompt')).map(({ slug }) => slug).sort()).toEqual(['three', 'two']);
  expect(pending(await migration.plan())).toEqual([]);
});

test('a new object that takes the old name of a renamed one waits for the rename', async () => {
  const prompt = await makePrompt('triage', 'Old');
  const migration = orgs.migration();
  await migrate(migration);
  const { id } = await orgs.found('destination', '/v1/prompt', 'triage');
  await orgs.source.object('PATCH', `/v1/prompt/${prompt.id}`, { slug: 'sort' });
  await makePrompt('triage', 'New');
  const { plan } = await migrate(migration);
  expect(action(plan, 'create:prompt."Support bot".triage').depends_on).toContain('update:prompt."Support bot".sort');
  const copies = await orgs.destination.list('/v1/prompt');
  expect(copies.map((copy) => [copy.slug, copy.name]).sort()).toEqual([
    ['sort', 'Old'],
    ['triage', 'New'],
  ]);
  expect(copies.find(({ slug }) => slug === 'sort')?.id).toBe(id);
  expect(pending(await migration.plan())).toEqual([]);
});

test('two names that are swapped in the source cannot be swapped in place', async () => {
  const one = await makePrompt('one');
  const two = await makePrompt('two');
  const migration = orgs.migration();
  await migrate(migration);
  await orgs.source.object('PATCH', `/v1/prompt/${one.id}`, { slug: 'aside' });
  await orgs.source.object('PATCH', `/v1/prompt/${two.id}`, { slug: 'one' });
  await orgs.source.object('PATCH', `/v1/prompt/${one.id}`, { slug: 'two' });
  expect(blocks(await migration.plan())).toEqual([
    'prompt."Support bot".one (rename_collision)',
    'prompt."Support bot".two (rename_collision)',
  ]);
  const plan = await migration.plan();
  expect(action(plan, 'blocked:prompt."Support bot".one').changes).toEqual([
    { path: 'slug', before: 'two', after: 'one' },
    { path: 'held_by', before: 'prompt."Support bot".two' },
  ]);
  expect(renderPlan(plan, { color: false })).toContain('give one of the two a third name in the destination');
  const { id } = await orgs.found('destination', '/v1/prompt', 'one');
  await orgs.destination.object('PATCH', `/v1/prompt/${id}`, { slug: 'third' });
  await migrate(migration);
  const copies = await orgs.destination.list('/v1/prompt');
  expect(copies.map(({ slug }) => slug).sort()).toEqual(['one', 'two']);
  expect(copies.find(({ slug }) => slug === 'two')?.id).toBe(id);
  expect(pending(await migration.plan())).toEqual([]);
});

test('two projects that would become one are refused, with the place of the entry that makes them so', async () => {
  await orgs.project('Sales bot');
  const migration = orgs.migration('projects:\n  rename:\n    Sales bot: Support bot');
  await expect(migration.plan()).rejects.toMatchObject({
    code: 'BTM_SPEC_INVALID',
    detail: expect.stringMatching(
      /^migration\.yaml:\d+:5: The source projects "Sales bot" and "Support bot" would both become "Support bot"/,
    ),
  });
});
