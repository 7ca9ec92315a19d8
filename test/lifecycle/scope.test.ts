import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parsePattern } from '../../src/domain/address.ts';
import type { Shown } from '../support/emulator-client.ts';
import { clientOf } from '../support/emulator-client.ts';
import { action, blocks, chat, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let project: Shown;

beforeEach(async () => {
  orgs = await TwoOrgs.start({
    orgs: [
      { name: 'Acme Dev', key: 'sk-acme-dev' },
      { name: 'Acme Prod', key: 'sk-acme-prod' },
      { name: 'Acme Stage', key: 'sk-acme-stage' },
    ],
  });
  project = await orgs.project();
});
afterEach(() => orgs.close());

const make = (kind: string, body: object) =>
  orgs.source.object('POST', `/v1/${kind}`, { project_id: project.id, ...body });
const at = (...patterns: string[]) => patterns.map(parsePattern);

test('two destinations with a state each do not disturb one another', async () => {
  const tag = await make('project_tag', { name: 'refund', color: '#000000' });
  const prod = orgs.migration();
  const stage = orgs.migration('', { into: 'Acme Stage', env: { BT_DEST_API_KEY: 'sk-acme-stage' } });
  await migrate(prod);
  await migrate(stage);
  await orgs.source.object('PATCH', `/v1/project_tag/${tag.id}`, { color: '#FFFFFF' });
  await migrate(stage);
  expect(pending(await stage.plan())).toEqual([]);
  expect(pending(await prod.plan())).toEqual(['update:project_tag."Support bot".refund']);
  expect(await clientOf(orgs.emulator, 'Acme Stage').list('/v1/project_tag')).toMatchObject([{ color: '#FFFFFF' }]);
  expect(await orgs.destination.list('/v1/project_tag')).toMatchObject([{ color: '#000000' }]);
});

test('a state of one destination is refused for another', async () => {
  const prod = orgs.migration();
  await migrate(prod);
  const mixed = orgs.migration('', {
    into: 'Acme Stage',
    env: { BT_DEST_API_KEY: 'sk-acme-stage' },
    store: prod.store,
  });
  await expect(mixed.plan()).rejects.toMatchObject({ code: 'BTM_WRONG_ORG', exitCode: 4 });
});

test('a plan for one destination is refused for another', async () => {
  const plan = await orgs.migration().plan();
  const stage = orgs.migration('', { into: 'Acme Stage', env: { BT_DEST_API_KEY: 'sk-acme-stage' } });
  // Another destination is another spec; the organization is named in the spec.
  await expect(stage.apply(plan)).rejects.toMatchObject({
    code: expect.stringMatching(/STALE|WRONG_ORG/),
    exitCode: 4,
  });
  expect(await clientOf(orgs.emulator, 'Acme Stage').list('/v1/project')).toEqual([]);
});

describe('narrowing', () => {
  beforeEach(async () => {
    const tool = await make('prompt', { name: 'Tool', slug: 'tool', prompt_data: chat('Tool') });
    await make('prompt', {
      name: 'User',
      slug: 'user',
      prompt_data: chat('User', { tool_functions: [{ type: 'function', id: tool.id }] }),
    });
    await make('project_tag', { name: 'refund' });
  });

  test('--target takes along what the target needs, and nothing else', async () => {
    const migration = orgs.migration();
    const plan = await migration.plan({ targets: at('prompt.*.user') });
    expect(pending(plan)).toEqual([
      'create:project."Support bot"',
      'create:prompt."Support bot".tool',
      'create:prompt."Support bot".user',
    ]);
    await migration.apply(plan);
    expect(await orgs.destination.list('/v1/project_tag')).toEqual([]);
    expect(pending(await migration.plan())).toEqual(['create:project_tag."Support bot".refund']);
  });

  test('--exclude blocks what needs the excluded', async () => {
    const plan = await orgs.migration().plan({ excludes: at('prompt.*.tool') });
    expect(pending(plan)).toEqual(['create:project."Support bot"', 'create:project_tag."Support bot".refund']);
    expect(blocks(plan)).toEqual(['prompt."Support bot".user (excluded_dependency)']);
  });

  test('a pattern that matches nothing is refused', async () => {
    await expect(orgs.migration().plan({ targets: at('prompt.*.nope') })).rejects.toMatchObject({
      code: 'BTM_UNKNOWN_ADDRESS',
    });
  });
});

describe('projects that are not selected', () => {
  test('are not made because something selected refers to them', async () => {
    const other = await orgs.project('Other');
    await make('view', {
      object_type: 'project',
      object_id: project.id,
      view_type: 'monitor',
      name: 'Load',
      options: { viewType: 'monitor', options: { projectId: other.id } },
      project_id: undefined,
    });
    const { plan } = await migrate(orgs.migration('projects: { include: ["Support bot"] }'));
    expect(blocks(plan)).toEqual(['view.project."Support bot".monitor.Load (excluded_dependency)']);
    expect((await orgs.destination.list('/v1/project')).map(({ name }) => name)).toEqual(['Support bot']);
  });

  test('are referred to when they are in the destination already', async () => {
    const other = await orgs.project('Shared');
    const golden = await orgs.source.object('POST', '/v1/dataset', { project_id: other.id, name: 'Golden' });
    await make('experiment', { name: 'E', dataset_id: golden.id });
    const migration = orgs.migration('projects: { include: [Shared] }');
    await migrate(migration);
    migration.respec('projects: { include: ["Support bot"] }');
    const { plan } = await migrate(migration);
    expect(pending(plan)).toEqual(['create:project."Support bot"', 'create:experiment."Support bot".E']);
    const copy = await orgs.found('destination', '/v1/dataset', 'Golden');
    expect((await orgs.found('destination', '/v1/experiment', 'E')).dataset_id).toBe(copy.id);
  });

  test('do not count as emptied when only others are selected', async () => {
    const other = await orgs.project('Other');
    await orgs.source.object('POST', '/v1/prompt', { project_id: other.id, name: 'A', slug: 'a' });
    const migration = orgs.migration();
    await migrate(migration);
    migration.respec('projects: { include: ["Support bot"] }\npolicy: { prune: true, max_deletes: 9 }');
    const plan = await migration.plan();
    expect([pending(plan), blocks(plan)]).toEqual([[], []]);
  });
});

test('a project whose settings refer to what is left out is made, and its settings are blocked on their own', async () => {
  const run = await make('experiment', { name: 'Run' });
  await make('project_tag', { name: 'refund' });
  const settings = { baseline_experiment_id: run.id, comparison_key: 'input' };
  await orgs.source.object('PATCH', `/v1/project/${project.id}`, { settings });
  const migration = orgs.migration('resources: { exclude: [experiments] }');
  const { plan } = await migrate(migration);
  expect(pending(plan)).toEqual(['create:project."Support bot"', 'create:project_tag."Support bot".refund']);
  expect(action(plan, 'blocked:project."Support bot"')).toMatchObject({
    reason: 'excluded_dependency',
    changes: [{ path: 'settings.baseline_experiment_id', after: { $ref: 'experiment."Support bot".Run' } }],
  });
  expect(await orgs.found('destination', '/v1/project', 'Support bot')).toMatchObject({ settings: null });
  expect(blocks(await migration.plan())).toEqual(['project."Support bot" (excluded_dependency)']);
  migration.respec('resources: { exclude: [experiments] }\npolicy: { missing_reference: drop }');
  await migrate(migration);
  expect(await orgs.found('destination', '/v1/project', 'Support bot')).toMatchObject({
    settings: { comparison_key: 'input' },
  });
  migration.respec('');
  await migrate(migration);
  const copy = await orgs.found('destination', '/v1/experiment', 'Run');
  expect(await orgs.found('destination', '/v1/project', 'Support bot')).toMatchObject({
    settings: { baseline_experiment_id: copy.id },
  });
});

describe('views', () => {
  const view = (object_type: string, object_id: string, view_type: string, name: string) =>
    orgs.source.object('POST', '/v1/view', { object_type, object_id, view_type, name });

  test('of all four owners are made under their owners', async () => {
    const golden = await make('dataset', { name: 'Golden' });
    const run = await make('experiment', { name: 'Run' });
    const org = orgs.emulator.orgs[0]?.id ?? '';
    await view('organization', org, 'projects', 'Active');
    await view('project', project.id, 'logs', 'Active');
    await view('dataset', golden.id, 'dataset', 'Active');
    await view('experiment', run.id, 'experiment', 'Active');
    const migration = orgs.migration();
    const { plan } = await migrate(migration);
    expect(plan.actions.map(({ address }) => address).filter((address) => address.startsWith('view.'))).toEqual([
      'view.organization.projects.Active',
      'view.project."Support bot".logs.Active',
      'view.dataset."Support bot".Golden.dataset.Active',
    ]);
    migration.respec('resources: { view_owners: [experiments] }');
    expect(pending(await migration.plan())).toEqual(['create:view.experiment."Support bot".Run.experiment.Active']);
    await migrate(migration);
    const copy = await orgs.found('destination', '/v1/experiment', 'Run');
    expect(await orgs.destination.list(`/v1/view?object_type=experiment&object_id=${copy.id}`)).toHaveLength(1);
    migration.respec('resources: { view_owners: [organizations, projects, datasets, experiments] }');
    expect(pending(await migration.plan())).toEqual([]);
  });

  test('of one name are told apart by nobody, and therefore blocked', async () => {
    await view('project', project.id, 'logs', 'Mine');
    const dump = JSON.parse(JSON.stringify(orgs.emulator.dump())) as {
      objects: { view: { id: string; uniqueKey: string | null; fields: { id: string } }[] };
    };
    const [first] = dump.objects.view;
    if (first === undefined) throw new Error('no view was stored');
    const id = '7d8a6b50-5f06-4f0c-9f0e-3c4f6f1f0002';
    dump.objects.view.push({ ...first, id, uniqueKey: null, fields: { ...first.fields, id } });
    orgs.emulator.load(dump);
    const { plan } = await migrate(orgs.migration());
    expect(blocks(plan)).toEqual(['view.project."Support bot".logs.Mine (ambiguous_name)']);
    const copy = await orgs.found('destination', '/v1/project', 'Support bot');
    expect(await orgs.destination.list(`/v1/view?object_type=project&object_id=${copy.id}`)).toEqual([]);
  });

  test('of one name in the destination are not adopted blindly', async () => {
    await view('project', project.id, 'logs', 'Mine');
    const migration = orgs.migration();
    await migrate(migration);
    const dump = JSON.parse(JSON.stringify(orgs.emulator.dump())) as {
      objects: { view: { id: string; orgId: string; uniqueKey: string | null; fields: { id: string } }[] };
    };
    const copy = dump.objects.view.find(({ orgId }) => orgId === orgs.emulator.orgs[1]?.id);
    if (copy === undefined) throw new Error('no view was migrated');
    const id = '7d8a6b50-5f06-4f0c-9f0e-3c4f6f1f0003';
    dump.objects.view.push({ ...copy, id, uniqueKey: null, fields: { ...copy.fields, id } });
    orgs.emulator.load(dump);
    expect(pending(await migration.plan())).toEqual([]);
    expect(action(await migration.plan(), 'skip:view.project."Support bot".logs.Mine').reason).toBe('in_sync');
    const fresh = orgs.migration();
    expect(blocks(await fresh.plan())).toEqual(['view.project."Support bot".logs.Mine (ambiguous_name)']);
  });
});
