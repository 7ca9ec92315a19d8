import { afterEach, beforeEach, expect, test } from 'vitest';
import { action, blocks, chat, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
beforeEach(async () => {
  orgs = await TwoOrgs.start();
});
afterEach(() => orgs.close());

const INLINE = {
  type: 'code',
  data: { type: 'inline', runtime_context: { runtime: 'node', version: '20' }, code: 'const handler = () => 1;' },
};

function bundleOf(bundle_id: string) {
  const { runtime_context } = INLINE.data;
  return {
    type: 'code',
    data: { type: 'bundle', runtime_context, location: { type: 'function', index: 0 }, bundle_id },
  };
}

test('D01 references survive a migration that is done kind by kind', async () => {
  const { id: project_id } = await orgs.project();
  const tool = await orgs.source.object('POST', '/v1/function', {
    project_id,
    name: 'Look up order',
    slug: 'look-up-order',
    function_type: 'tool',
    function_data: INLINE,
  });
  await orgs.source.object('POST', '/v1/prompt', {
    project_id,
    name: 'Triage',
    slug: 'triage',
    prompt_data: chat('Sort it.', { tool_functions: [{ type: 'function', id: tool.id }] }),
  });
  const golden = await orgs.source.object('POST', '/v1/dataset', { project_id, name: 'Golden questions' });
  await orgs.source.object('POST', '/v1/experiment', { project_id, name: 'Tone 1', dataset_id: golden.id });
  const migration = orgs.migration();
  for (const kind of ['datasets', 'functions', 'prompts', 'experiments']) {
    migration.respec(`resources: { include: [${kind}] }`);
    await migrate(migration);
  }
  const there = await orgs.found('destination', '/v1/function', 'look-up-order');
  const dataset = await orgs.found('destination', '/v1/dataset', 'Golden questions');
  expect(await orgs.found('destination', '/v1/prompt', 'triage')).toMatchObject({
    prompt_data: { tool_functions: [{ type: 'function', id: there.id }] },
  });
  expect(await orgs.found('destination', '/v1/experiment', 'Tone 1')).toMatchObject({ dataset_id: dataset.id });
});

test('D04 an online score that needs a code bundle waits for it, and the plan says so', async () => {
  const { id: project_id } = await orgs.project();
  const scorer = (slug: string, function_data: unknown) =>
    orgs.source.object('POST', '/v1/function', {
      project_id,
      name: slug,
      slug,
      function_type: 'scorer',
      function_data,
    });
  const bundle = await scorer('resolution-check', bundleOf('b-1'));
  const inline = await scorer('politeness', INLINE);
  await orgs.source.object('POST', '/v1/project_score', {
    project_id,
    name: 'Live review',
    score_type: 'online',
    config: {
      online: {
        sampling_rate: 1,
        scorers: [
          { type: 'function', id: bundle.id },
          { type: 'function', id: inline.id },
          { type: 'global', name: 'Factuality' },
        ],
      },
    },
  });
  const migration = orgs.migration();
  const { plan } = await migrate(migration);
  expect(blocks(plan)).toEqual([
    'function."Support bot".resolution-check (code_bundle_not_migratable)',
    'project_score."Support bot"."Live review" (dependency_blocked)',
  ]);
  expect(action(plan, 'blocked:project_score."Support bot"."Live review"').depends_on).toEqual([
    'blocked:function."Support bot".resolution-check',
  ]);
  expect(await orgs.destination.list('/v1/project_score')).toEqual([]);

  // Once the bundle has been pushed to the destination, the score follows on its own, with all three scorers.
  const { id } = await orgs.found('destination', '/v1/project', 'Support bot');
  const pushed = await orgs.destination.object('POST', '/v1/function', {
    project_id: id,
    name: 'resolution-check',
    slug: 'resolution-check',
    function_type: 'scorer',
    function_data: bundleOf('b-2'),
  });
  await migrate(migration);
  const ids = (await orgs.found('destination', '/v1/project_score', 'Live review')) as unknown as {
    config: { online: { scorers: { id?: string; name?: string }[] } };
  };
  const politeness = await orgs.found('destination', '/v1/function', 'politeness');
  expect(ids.config.online.scorers.map(({ id: one, name }) => one ?? name)).toEqual([
    pushed.id,
    politeness.id,
    'Factuality',
  ]);
  expect(pending(await migration.plan())).toEqual([]);
});

test('D05 a chain of base experiments keeps every link', async () => {
  const { id: project_id } = await orgs.project();
  let base_exp_id: string | null = null;
  for (const name of ['e0', 'e1', 'e2', 'e3', 'e4']) {
    const made: { id: string } = await orgs.source.object('POST', '/v1/experiment', { project_id, name, base_exp_id });
    base_exp_id = made.id;
  }
  await migrate(orgs.migration());
  const copies = await orgs.destination.list('/v1/experiment');
  const name = new Map(copies.map((copy) => [copy.id, copy.name]));
  expect(Object.fromEntries(copies.map((copy) => [copy.name, name.get(String(copy.base_exp_id)) ?? null]))).toEqual({
    e0: null,
    e1: 'e0',
    e2: 'e1',
    e3: 'e2',
    e4: 'e3',
  });
});

test('D07 roles that contain roles keep what they contain', async () => {
  const role = (name: string, member_roles: string[] = []) =>
    orgs.source.object('POST', '/v1/role', { name, member_roles, member_permissions: [{ permission: 'read' }] });
  const base = await role('Base');
  const middle = await role('Middle', [base.id]);
  await role('Top', [middle.id]);
  const migration = orgs.migration();
  await migrate(migration);
  const copy = async (name: string) => orgs.found('destination', '/v1/role', name);
  expect((await copy('Middle')).member_roles).toEqual([(await copy('Base')).id]);
  expect((await copy('Top')).member_roles).toEqual([(await copy('Middle')).id]);
  expect(pending(await migration.plan())).toEqual([]);
});

test('D13 a view keeps its project in its options, and its owner when the person is there', async () => {
  const { id } = await orgs.project();
  await orgs.source.object('PATCH', '/v1/organization/members', { invite_users: { emails: ['ann@acme.example'] } });
  const ann = await orgs.source.list('/v1/user?email=ann@acme.example');
  await orgs.source.object('POST', '/v1/view', {
    object_type: 'project',
    object_id: id,
    view_type: 'monitor',
    name: 'Mine',
    user_id: ann[0]?.id,
    options: { viewType: 'monitor', options: { projectId: id, spanType: 'range' } },
  });
  const migration = orgs.migration();
  const { plan } = await migrate(migration);
  const project = await orgs.found('destination', '/v1/project', 'Support bot');
  const [view] = await orgs.destination.list(`/v1/view?object_type=project&object_id=${project.id}`);
  expect(view).toMatchObject({ name: 'Mine', user_id: null, options: { options: { projectId: project.id } } });
  expect(plan.not_migrated).toContainEqual({
    address: 'view.project."Support bot".monitor.Mine',
    path: 'user_id',
    reason: 'reference_dropped',
  });
  expect(pending(await migration.plan())).toEqual([]);
});

test('D14 a view of a dataset moves with its dataset', async () => {
  const { id: project_id } = await orgs.project();
  const golden = await orgs.source.object('POST', '/v1/dataset', { project_id, name: 'Golden questions' });
  await orgs.source.object('POST', '/v1/view', {
    object_type: 'dataset',
    object_id: golden.id,
    view_type: 'dataset',
    name: 'Unreviewed',
  });
  await migrate(orgs.migration());
  const copy = await orgs.found('destination', '/v1/dataset', 'Golden questions');
  const views = await orgs.destination.list(`/v1/view?object_type=dataset&object_id=${copy.id}`);
  expect(views).toMatchObject([{ name: 'Unreviewed', object_id: copy.id }]);
});

test('D16 a prompt that both lists show is made once, with its tools', async () => {
  const { id: project_id } = await orgs.project();
  const tool = await orgs.source.object('POST', '/v1/function', {
    project_id,
    name: 'Tool',
    slug: 'tool',
    function_type: 'tool',
    function_data: INLINE,
  });
  await orgs.source.object('POST', '/v1/prompt', {
    project_id,
    name: 'P',
    slug: 'p',
    prompt_data: chat('P', { tool_functions: [{ type: 'function', id: tool.id }] }),
  });
  await migrate(orgs.migration());
  const rows = (await orgs.destination.list('/v1/function')).filter(({ slug }) => slug === 'p');
  const copy = await orgs.found('destination', '/v1/function', 'tool');
  expect(rows).toMatchObject([{ prompt_data: { tool_functions: [{ id: copy.id }] } }]);
  expect(orgs.writesSent().filter((write) => /POST .*\/(prompt|function)$/.test(write))).toHaveLength(2);
});
