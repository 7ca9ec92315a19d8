import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Shown } from '../support/emulator-client.ts';
import { action, blocks, chat, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let project: Shown;

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  project = await orgs.project();
});
afterEach(() => orgs.close());

const LOOKUP = {
  name: 'Z lookup',
  slug: 'z-lookup',
  function_type: 'tool',
  function_data: { type: 'prompt' },
  prompt_data: chat('Look it up.'),
};
const make = (kind: string, body: object, owner = project) =>
  orgs.source.object('POST', `/v1/${kind}`, { project_id: owner.id, ...body });
const uses = (tool: object) => ({
  name: 'Answer',
  slug: 'answer',
  prompt_data: chat('Hi', { tool_functions: [tool] }),
});
const graph = (call: object) => ({
  name: 'A graph',
  slug: 'a-graph',
  function_type: 'task',
  function_data: { type: 'graph', nodes: { step: { type: 'function', function: call } }, edges: {} },
});
const bySlug = (owner = project, slug = 'z-lookup') => ({ type: 'slug', project_id: owner.id, slug });
const toolsOf = async (side: 'source' | 'destination') =>
  ((await orgs.found(side, '/v1/prompt', 'answer')).prompt_data as { tool_functions: unknown[] }).tool_functions;

describe('what is referred to by its slug', () => {
  test('is made first, and its project is that of the destination', async () => {
    await make('function', LOOKUP);
    await make('prompt', uses(bySlug()));
    const migration = orgs.migration('projects: { rename: { "Support bot": "Support bot (prod)" } }');
    const { plan } = await migrate(migration);
    expect(action(plan, 'create:prompt."Support bot".answer').depends_on).toContain(
      'create:function."Support bot".z-lookup',
    );
    const copy = await orgs.found('destination', '/v1/project', 'Support bot (prod)');
    expect(await toolsOf('destination')).toEqual([bySlug(copy)]);
    expect(pending(await migration.plan())).toEqual([]);
  });

  test('by project name too: a graph waits for it, and follows the new name', async () => {
    await make('function', LOOKUP);
    await make('function', graph({ project_name: 'Support bot', slug: 'z-lookup' }));
    const migration = orgs.migration('projects: { rename: { "Support bot": "Support bot (prod)" } }');
    const { plan } = await migrate(migration);
    const create = action(plan, 'create:function."Support bot".a-graph');
    expect(create.depends_on).toContain('create:function."Support bot".z-lookup');
    expect(await orgs.found('destination', '/v1/function', 'a-graph')).toMatchObject({
      function_data: graph({ project_name: 'Support bot (prod)', slug: 'z-lookup' }).function_data,
    });
    expect(pending(await migration.plan())).toEqual([]);
  });

  test('follows a project that is renamed later', async () => {
    await make('function', LOOKUP);
    await make('function', graph({ project_name: 'Support bot', slug: 'z-lookup' }));
    const migration = orgs.migration();
    await migrate(migration);
    migration.respec('projects: { rename: { "Support bot": "Support bot (prod)" } }');
    const { plan } = await migrate(migration);
    expect(action(plan, 'update:function."Support bot".a-graph').reason).toBe('source_changed');
    expect(await orgs.found('destination', '/v1/function', 'a-graph')).toMatchObject({
      function_data: graph({ project_name: 'Support bot (prod)', slug: 'z-lookup' }).function_data,
    });
    expect(pending(await migration.plan())).toEqual([]);
  });

  test('follows a new name too when the run was interrupted in between', async () => {
    await make('function', LOOKUP);
    await make('function', graph({ project_name: 'Support bot', slug: 'z-lookup' }));
    const migration = orgs.migration();
    await migrate(migration);
    migration.respec('projects: { rename: { "Support bot": "Support bot (prod)" } }');
    const plan = await migration.plan();
    orgs.emulator.faults.add({
      match: { bodyIncludes: '"nodes"' },
      times: 1,
      action: { type: 'status', status: 400 },
    });
    expect((await migration.apply(plan)).summary).toMatchObject({ updated: 1, failed: 1 });
    expect((await migration.apply(plan)).summary).toMatchObject({ updated: 1, failed: 0 });
    expect(pending(await migration.plan())).toEqual([]);
  });

  test('in another project, when only few projects are selected', async () => {
    const shared = await orgs.project('Shared');
    await make('function', LOOKUP, shared);
    await make('prompt', uses(bySlug(shared)));
    const migration = orgs.migration('projects: { include: [Support bot] }');
    expect(blocks(await migration.plan())).toEqual(['prompt."Support bot".answer (excluded_dependency)']);
    migration.respec('projects: { include: [Shared, Support bot] }');
    await migrate(migration);
    const copy = await orgs.found('destination', '/v1/project', 'Shared');
    expect(await toolsOf('destination')).toEqual([bySlug(copy)]);
  });

  test('and blocked blocks what uses it', async () => {
    const bundle = { runtime_context: { runtime: 'node', version: '20' }, location: { type: 'function', index: 0 } };
    const function_data = { type: 'code', data: { type: 'bundle', bundle_id: 'b-1', ...bundle } };
    await make('function', { ...LOOKUP, function_data });
    await make('prompt', uses(bySlug()));
    expect(blocks(await orgs.migration().plan())).toEqual([
      'function."Support bot".z-lookup (code_bundle_not_migratable)',
      'prompt."Support bot".answer (dependency_blocked)',
    ]);
  });

  test('and not there is a missing reference', async () => {
    await make('prompt', uses(bySlug(project, 'gone')));
    const migration = orgs.migration();
    expect(blocks(await migration.plan())).toEqual(['prompt."Support bot".answer (missing_reference)']);
    migration.respec('policy: { missing_reference: drop }');
    await migrate(migration);
    expect((await orgs.found('destination', '/v1/prompt', 'answer')).prompt_data).not.toHaveProperty(
      'tool_functions.0',
    );
    expect(pending(await migration.plan())).toEqual([]);
  });

  test('by itself needs no second write', async () => {
    await make('function', { ...LOOKUP, prompt_data: chat('Again', { tool_functions: [bySlug()] }) });
    const migration = orgs.migration();
    const { plan } = await migrate(migration);
    expect(pending(plan)).toEqual(['create:project."Support bot"', 'create:function."Support bot".z-lookup']);
    expect(pending(await migration.plan())).toEqual([]);
  });

  test('is pinned to the newest version of the destination', async () => {
    const tool = await make('function', LOOKUP);
    const call = { project_name: 'Support bot', slug: 'z-lookup', version: tool._xact_id };
    await make('function', graph(call));
    const migration = orgs.migration();
    await migrate(migration);
    const copy = await orgs.found('destination', '/v1/function', 'z-lookup');
    expect(await orgs.found('destination', '/v1/function', 'a-graph')).toMatchObject({
      function_data: graph({ ...call, version: copy._xact_id }).function_data,
    });
    expect(pending(await migration.plan())).toEqual([]);
  });
});

test('a slug that stands without a project is a word', async () => {
  await make('prompt', uses({ type: 'slug', slug: 'anything' }));
  const migration = orgs.migration();
  await migrate(migration);
  expect(await toolsOf('destination')).toEqual([{ type: 'slug', slug: 'anything' }]);
});
