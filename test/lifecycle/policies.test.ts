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

const make = (kind: string, body: object) =>
  orgs.source.object('POST', `/v1/${kind}`, { project_id: project.id, ...body });
const there = (path: string, name: string) => orgs.found('destination', path, name);

describe('ignore', () => {
  const rule = (path: string, more = '') =>
    `ignore: [{ at: 'prompt.*.*', path: '${path}', reason: edited by hand in prod${more} }]`;

  async function diverge(description: string | undefined, content: string): Promise<Shown> {
    const { id } = await there('/v1/prompt', 'triage');
    return orgs.destination.object('PATCH', `/v1/prompt/${id}`, { description, prompt_data: chat(content) });
  }

  test('a difference in an ignored field is neither an update nor written by one', async () => {
    const prompt = await make('prompt', {
      name: 'Triage',
      slug: 'triage',
      description: 'Ours',
      prompt_data: chat('One.'),
    });
    const migration = orgs.migration();
    await migrate(migration);
    await diverge('Theirs', 'One.');
    migration.respec(rule('description'));
    expect(action(await migration.plan(), 'skip:prompt."Support bot".triage').reason).toBe('ignored');

    await orgs.source.object('PATCH', `/v1/prompt/${prompt.id}`, { prompt_data: chat('Two.') });
    await migrate(migration);
    expect(await there('/v1/prompt', 'triage')).toMatchObject({ description: 'Theirs', prompt_data: chat('Two.') });
    expect(pending(await migration.plan())).toEqual([]);
  });

  test('a path as the plan shows it is ignored, also below a list', async () => {
    await make('prompt', { name: 'Triage', slug: 'triage', prompt_data: chat('One.') });
    const migration = orgs.migration();
    await migrate(migration);
    await diverge(undefined, 'Edited.');
    const [change] = action(await migration.plan(), 'update:prompt."Support bot".triage').changes?.slice(-1) ?? [];
    expect(change?.path).toBe('prompt_data.prompt.messages[0].content');
    migration.respec(rule(String(change?.path)));
    expect(action(await migration.plan(), 'skip:prompt."Support bot".triage').reason).toBe('ignored');
    migration.respec(rule('prompt_data.prompt.messages[].content'));
    expect(action(await migration.plan(), 'skip:prompt."Support bot".triage').reason).toBe('ignored');
  });

  test('a rule holds to the end of its last day', async () => {
    await make('prompt', { name: 'Triage', slug: 'triage', description: 'Ours', prompt_data: chat('One.') });
    const migration = orgs.migration();
    await migrate(migration);
    await diverge('Theirs', 'One.');
    // Plans in these tests are made on 2026-11-23.
    migration.respec(rule('description', ', expires: 2026-11-23'));
    expect(pending(await migration.plan())).toEqual([]);
    migration.respec(rule('description', ', expires: 2026-11-22'));
    expect(pending(await migration.plan())).toEqual(['update:prompt."Support bot".triage']);
  });

  test('an ignored webhook keeps the address it has in the destination when the rest changes', async () => {
    const webhook = (url: string, interval_seconds = 3600) => ({
      event_type: 'logs',
      btql_filter: 'scores.Politeness < 0.3',
      interval_seconds,
      action: { type: 'webhook', url },
    });
    const alert = await make('project_automation', { name: 'Angry', config: webhook('https://dev.acme.example/hook') });
    const migration = orgs.migration();
    await migrate(migration);
    const copy = await there('/v1/project_automation', 'Angry');
    await orgs.destination.object('PATCH', `/v1/project_automation/${copy.id}`, {
      config: webhook('https://prod.acme.example/hook'),
    });
    await orgs.source.object('PATCH', `/v1/project_automation/${alert.id}`, {
      config: webhook('https://dev.acme.example/hook', 60),
    });
    migration.respec("ignore: [{ at: 'project_automation.*.*', path: config.action.url, reason: differs by stage }]");
    await migrate(migration);
    expect((await there('/v1/project_automation', 'Angry')).config).toEqual(
      webhook('https://prod.acme.example/hook', 60),
    );
    expect(pending(await migration.plan())).toEqual([]);
  });
});

test('an accepted block no longer needs attention, until the acceptance expires', async () => {
  const bundle = {
    type: 'code',
    data: {
      type: 'bundle',
      runtime_context: { runtime: 'node', version: '20' },
      location: { type: 'function', index: 0 },
      bundle_id: 'b-1',
    },
  };
  await make('function', { name: 'Check', slug: 'check', function_type: 'scorer', function_data: bundle });
  const accept = (expires: string) => `accept: [{ at: 'function.*.check', reason: re-pushed, expires: ${expires} }]`;
  const migration = orgs.migration(accept('2026-11-23'));
  const accepted = action(await migration.plan(), 'blocked:function."Support bot".check');
  expect(accepted.accepted).toEqual({ reason: 're-pushed', expires: '2026-11-23' });
  migration.respec(accept('2026-11-22'));
  expect(action(await migration.plan(), 'blocked:function."Support bot".check').accepted).toBeUndefined();
});

test('a protected object is made but never changed or deleted', async () => {
  const tag = await make('project_tag', { name: 'refund', color: '#D9480F' });
  const migration = orgs.migration("protect: ['project_tag.*.refund']\npolicy: { prune: true, max_deletes: 5 }");
  await migrate(migration);
  await orgs.source.object('PATCH', `/v1/project_tag/${tag.id}`, { color: '#000000' });
  expect(blocks(await migration.plan())).toEqual(['project_tag."Support bot".refund (protected)']);
  await make('project_tag', { name: 'bug' });
  await orgs.source.object('DELETE', `/v1/project_tag/${tag.id}`);
  const { plan } = await migrate(migration);
  expect(blocks(plan)).toEqual(['project_tag."Support bot".refund (protected)']);
  expect(await there('/v1/project_tag', 'refund')).toMatchObject({ color: '#D9480F' });
});

describe('a protected container', () => {
  const tool = { name: 'Lookup', slug: 'lookup', function_type: 'tool', function_data: { type: 'prompt' } };

  test('keeps everything in it as it is; what it lacks is still made', async () => {
    const tag = await make('project_tag', { name: 'refund' });
    const prompt = await make('prompt', { name: 'Triage', slug: 'triage', prompt_data: chat('One.') });
    const golden = await make('dataset', { name: 'Golden' });
    const view = { object_type: 'dataset', object_id: golden.id, view_type: 'dataset', name: 'Open' };
    const open = await orgs.source.object('POST', '/v1/view', view);
    const migration = orgs.migration();
    await migrate(migration);
    await make('project_tag', { name: 'bug' });
    await orgs.source.object('DELETE', `/v1/project_tag/${tag.id}`);
    await orgs.source.object('PATCH', `/v1/prompt/${prompt.id}`, { prompt_data: chat('Two.') });
    await orgs.source.object('PATCH', `/v1/project/${project.id}`, { description: 'Answers customers' });
    await orgs.source.object('PATCH', `/v1/view/${open.id}`, { ...view, options: { viewType: 'table', options: {} } });
    migration.respec('protect: [\'project."Support bot"\']\npolicy: { prune: true, max_deletes: 5 }');
    const { plan } = await migrate(migration);
    expect(blocks(plan).sort()).toEqual([
      'project."Support bot" (protected)',
      'project_tag."Support bot".refund (protected)',
      'prompt."Support bot".triage (protected)',
      'view.dataset."Support bot".Golden.dataset.Open (protected)',
    ]);
    expect(pending(plan)).toEqual(['create:project_tag."Support bot".bug']);
    expect(await there('/v1/prompt', 'triage')).toMatchObject({ prompt_data: chat('One.') });
  });

  test('does not protect another of a longer name', async () => {
    const other = await orgs.project('Support bot 2');
    const tag = await orgs.source.object('POST', '/v1/project_tag', { project_id: other.id, name: 'refund' });
    const migration = orgs.migration('protect: [\'project."Support bot"\']');
    await migrate(migration);
    await orgs.source.object('PATCH', `/v1/project_tag/${tag.id}`, { color: '#000000' });
    expect(pending(await migration.plan())).toEqual(['update:project_tag."Support bot 2".refund']);
  });

  test('is kept itself when something in it is protected', async () => {
    const { id } = await make('function', tool);
    await make('function', { ...tool, name: 'Stays', slug: 'stays' });
    await orgs.source.object('POST', '/v1/env_var', { object_type: 'function', object_id: id, name: 'TOKEN' });
    const migration = orgs.migration();
    await migrate(migration);
    await orgs.source.object('DELETE', `/v1/function/${id}`);
    migration.respec("protect: ['env_var.function.*.*.TOKEN']\npolicy: { prune: true, max_deletes: 5 }");
    const plan = await migration.plan();
    expect(blocks(plan)).toContain('function."Support bot".lookup (protected)');
    expect(pending(plan)).toEqual([]);
  });
});

describe('missing_reference', () => {
  beforeEach(async () => {
    const golden = await make('dataset', { name: 'Golden' });
    await make('experiment', { name: 'E', dataset_id: golden.id });
    await orgs.source.object('DELETE', `/v1/dataset/${golden.id}`);
  });

  test('block: what refers to something that is gone is not made', async () => {
    const { plan } = await migrate(orgs.migration());
    expect(blocks(plan)).toEqual(['experiment."Support bot".E (missing_reference)']);
    expect(await orgs.destination.list('/v1/experiment')).toEqual([]);
  });

  test('drop: it is made without the reference, and the plan says so', async () => {
    const migration = orgs.migration('policy: { missing_reference: drop }');
    const { plan } = await migrate(migration);
    expect(plan.not_migrated).toContainEqual({
      address: 'experiment."Support bot".E',
      path: 'dataset_id',
      reason: 'reference_dropped',
    });
    expect(await there('/v1/experiment', 'E')).toMatchObject({ dataset_id: null });
    expect(pending(await migration.plan())).toEqual([]);
  });
});

test('drop leaves no version behind without its reference', async () => {
  const settings = await make('function', {
    name: 'Settings',
    slug: 'settings',
    function_type: 'parameters',
    function_data: { type: 'parameters', data: {}, __schema: { type: 'object', properties: {} } },
  });
  await make('experiment', { name: 'E', parameters_id: settings.id, parameters_version: settings._xact_id });
  await migrate(orgs.migration('resources: { include: [experiments] }\npolicy: { missing_reference: drop }'));
  expect(await there('/v1/experiment', 'E')).toMatchObject({ parameters_id: null, parameters_version: null });
});
