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

const prompt = (slug: string, prompt_data: unknown = chat(slug)) =>
  orgs.source.object('POST', '/v1/prompt', { project_id: project.id, name: slug, slug, prompt_data });
const there = (slug: string) => orgs.found('destination', '/v1/prompt', slug);
const uses = ({ id, _xact_id: version }: Shown) =>
  chat('Uses', { tool_functions: [{ type: 'function', id, ...(version === undefined ? {} : { version }) }] });
const tools = ({ prompt_data }: Shown) =>
  (prompt_data as { tool_functions: { id: string; version?: string }[] }).tool_functions;

describe('assignments to environments', () => {
  const assign = (id: string, object_version: unknown, slug = 'production') =>
    orgs.source.object('PUT', `/environment-object/prompt/${id}/${slug}`, { object_version });
  const assigned = async () => {
    const { id, _xact_id } = await there('triage');
    const objects = await orgs.destination.list(`/environment-object/prompt/${id}`);
    return { newest: _xact_id, versions: objects.map((one) => one.object_version) };
  };
  const ID = 'environment_object.prompt."Support bot".triage.production';

  beforeEach(() => orgs.source.object('POST', '/environment', { name: 'Production', slug: 'production' }));

  test('of the newest version follow the copy of it, after the environment and the prompt', async () => {
    const { id, _xact_id } = await prompt('triage');
    await assign(id, _xact_id);
    const migration = orgs.migration();
    const { plan } = await migrate(migration);
    expect(action(plan, `create:${ID}`).depends_on).toEqual([
      'create:environment.production',
      'create:prompt."Support bot".triage',
    ]);
    const { newest, versions } = await assigned();
    expect(versions).toEqual([newest]);
    expect(pending(await migration.plan())).toEqual([]);
  });

  const content = async (version: unknown) => {
    const { id } = await there('triage');
    return (await orgs.destination.object('GET', `/v1/prompt/${id}?version=${version}`)).description;
  };
  const edit = (id: string, description: string) => orgs.source.object('PATCH', `/v1/prompt/${id}`, { description });

  test('of older versions get copies of these, written before the newest and in their order', async () => {
    await orgs.source.object('POST', '/environment', { name: 'Staging', slug: 'staging' });
    const { id, _xact_id: first } = await prompt('triage');
    const second = await edit(id, 'Second');
    await edit(id, 'Nobody points here');
    const newestThere = await edit(id, 'Newest');
    await assign(id, second._xact_id, 'staging');
    await assign(id, first);
    const migration = orgs.migration();
    const { plan } = await migrate(migration);
    expect(action(plan, 'create:prompt."Support bot".triage').history?.map(({ version }) => version)).toEqual([
      first,
      second._xact_id,
    ]);
    const { newest, versions } = await assigned();
    expect(new Set(await Promise.all(versions.map(content)))).toEqual(new Set([null, 'Second']));
    expect(await content(newest)).toBe('Newest');
    const again = await migration.plan();
    expect([pending(again), blocks(again)]).toEqual([[], []]);
    // What was the newest stays known when it is not any more.
    await assign(id, newestThere._xact_id, 'staging');
    await edit(id, 'Newer still');
    const { plan: next } = await migrate(migration);
    expect(pending(next)).toEqual([
      'update:prompt."Support bot".triage',
      'update:environment_object.prompt."Support bot".triage.staging',
    ]);
    const moved = await assigned();
    expect(new Set(await Promise.all(moved.versions.map(content)))).toEqual(new Set([null, 'Newest']));
    expect(pending(await migration.plan())).toEqual([]);
  });

  test('of an older version that was never written are blocked, never taken for the newest', async () => {
    const { id } = await prompt('triage');
    const migration = orgs.migration();
    await migrate(migration);
    const middle = await edit(id, 'Middle');
    await edit(id, 'Newest');
    await assign(id, middle._xact_id);
    const { plan } = await migrate(migration);
    expect(blocks(plan)).toEqual([`${ID} (version_not_newest)`]);
    expect((await assigned()).versions).toEqual([]);
  });

  test('of an older version that cannot be read are blocked', async () => {
    const { id, _xact_id } = await prompt('triage');
    await assign(id, _xact_id);
    await edit(id, 'Newest');
    orgs.emulator.faults.add({
      match: { path: '/v1/function', queryIncludes: String(_xact_id) },
      action: { type: 'status', status: 403 },
    });
    expect(blocks(await orgs.migration().plan())).toEqual([`${ID} (version_not_newest)`]);
  });

  test('of an older version wait for the newest; what was made of it meanwhile is ours', async () => {
    const { id, _xact_id } = await prompt('triage');
    await assign(id, _xact_id);
    await edit(id, 'Newest');
    const migration = orgs.migration();
    const plan = await migration.plan();
    orgs.emulator.faults.add({
      match: { method: 'PATCH', path: '/v1/prompt/*' },
      action: { type: 'status', status: 403 },
    });
    const run = await migration.apply(plan);
    expect(run.actions.filter(({ op, status }) => op !== 'skip' && status !== 'done').map((one) => one.id)).toEqual([
      'create:prompt."Support bot".triage',
      `create:${ID}`,
    ]);
    orgs.emulator.faults.clear();
    const { plan: next } = await migrate(migration);
    expect(pending(next)).toEqual(['update:prompt."Support bot".triage']);
    expect(blocks(next)).toEqual([`${ID} (version_not_newest)`]);
    expect((await there('triage')).description).toBe('Newest');
  });

  test('move with a new version that the source assigned, in one plan', async () => {
    const { id, _xact_id } = await prompt('triage');
    await assign(id, _xact_id);
    const migration = orgs.migration();
    await migrate(migration);
    const newer = await orgs.source.object('PATCH', `/v1/prompt/${id}`, { description: 'Newer' });
    await assign(id, newer._xact_id);
    const { plan } = await migrate(migration);
    expect(pending(plan)).toEqual(['update:prompt."Support bot".triage', `update:${ID}`]);
    expect(action(plan, `update:${ID}`).depends_on).toContain('update:prompt."Support bot".triage');
    const { newest, versions } = await assigned();
    expect(versions).toEqual([newest]);
    expect(pending(await migration.plan())).toEqual([]);
  });

  test('are found when nothing but them is selected', async () => {
    const { id, _xact_id } = await prompt('triage');
    const migration = orgs.migration();
    await migrate(migration);
    await assign(id, _xact_id);
    migration.respec('resources: { include: [environment_objects] }');
    const { plan } = await migrate(migration);
    expect(pending(plan)).toEqual([`create:${ID}`]);
    expect((await assigned()).versions).toHaveLength(1);
  });

  test('wait for an environment that cannot be made', async () => {
    const { id, _xact_id } = await prompt('triage');
    await assign(id, _xact_id);
    orgs.emulator.faults.add({
      match: { method: 'POST', path: '/environment' },
      action: { type: 'status', status: 403 },
    });
    const migration = orgs.migration();
    const run = await migration.apply(await migration.plan());
    expect(run.actions.find((one) => one.id === `create:${ID}`)).toMatchObject({
      status: 'not_attempted',
      because_of: 'create:environment.production',
    });
  });
});

describe('pins of tools', () => {
  test('of the newest version become the newest version of the copy', async () => {
    const tool = await prompt('tool');
    await prompt('user', uses(tool));
    const migration = orgs.migration();
    await migrate(migration);
    const copy = await there('tool');
    expect(tools(await there('user'))).toEqual([{ type: 'function', id: copy.id, version: copy._xact_id }]);
    expect(pending(await migration.plan())).toEqual([]);
  });

  test('of an older version become the copy of that version', async () => {
    const tool = await prompt('tool', chat('Old'));
    await orgs.source.object('PATCH', `/v1/prompt/${tool.id}`, { description: 'Newer' });
    await prompt('user', uses(tool));
    const migration = orgs.migration();
    await migrate(migration);
    const copy = await there('tool');
    const [used] = tools(await there('user'));
    expect(used).toMatchObject({ id: copy.id });
    const old = await orgs.destination.object('GET', `/v1/prompt/${copy.id}?version=${used?.version}`);
    expect([old.description, copy.description]).toEqual([null, 'Newer']);
    expect(pending(await migration.plan())).toEqual([]);
  });

  const withOldPin = async (yaml = '') => {
    const tool = await prompt('tool');
    const migration = orgs.migration(yaml);
    await migrate(migration);
    const middle = await orgs.source.object('PATCH', `/v1/prompt/${tool.id}`, { description: 'Middle' });
    await orgs.source.object('PATCH', `/v1/prompt/${tool.id}`, { description: 'Newer' });
    return { migration, user: await prompt('user', uses({ ...middle, id: tool.id })) };
  };

  test('of an older version that was never written block what holds them, and what needs that', async () => {
    const { migration, user } = await withOldPin();
    await prompt('user-of-user', uses({ id: user.id }));
    expect(blocks((await migrate(migration)).plan)).toEqual([
      'prompt."Support bot".user (version_not_newest)',
      'prompt."Support bot".user-of-user (dependency_blocked)',
    ]);
  });

  test('are not posted as they are when references may be dropped', async () => {
    const { migration } = await withOldPin('policy: { missing_reference: drop }');
    const { plan } = await migrate(migration);
    expect(blocks(plan)).toEqual(['prompt."Support bot".user (version_not_newest)']);
  });

  test('of a tool that moves are moved along a chain, in one plan and in order', async () => {
    const tool = await prompt('tool');
    const middle = await prompt('middle', uses(tool));
    const top = await prompt('top', uses(middle));
    const migration = orgs.migration();
    await migrate(migration);
    const tool2 = await orgs.source.object('PATCH', `/v1/prompt/${tool.id}`, { description: 'Newer' });
    const middle2 = await orgs.source.object('PATCH', `/v1/prompt/${middle.id}`, { prompt_data: uses(tool2) });
    await orgs.source.object('PATCH', `/v1/prompt/${top.id}`, { prompt_data: uses(middle2) });
    const { plan } = await migrate(migration);
    expect(pending(plan)).toEqual(['tool', 'middle', 'top'].map((slug) => `update:prompt."Support bot".${slug}`));
    const [newTool, newMiddle] = [await there('tool'), await there('middle')];
    expect(tools(newMiddle)[0]?.version).toBe(newTool._xact_id);
    expect(tools(await there('top'))[0]?.version).toBe(newMiddle._xact_id);
    expect(pending(await migration.plan())).toEqual([]);
  });

  test('an interrupted move is resumed: versions that this run wrote are nobody else’s change', async () => {
    const tool = await prompt('tool');
    const user = await prompt('user', uses(tool));
    const migration = orgs.migration();
    await migrate(migration);
    const tool2 = await orgs.source.object('PATCH', `/v1/prompt/${tool.id}`, { description: 'Newer' });
    await orgs.source.object('PATCH', `/v1/prompt/${user.id}`, { prompt_data: uses(tool2) });
    const plan = await migration.plan();
    const copy = await there('user');
    orgs.emulator.faults.add({
      match: { method: 'PATCH', path: `/v1/prompt/${copy.id}` },
      action: { type: 'status', status: 403 },
    });
    expect((await migration.apply(plan)).summary).toMatchObject({ updated: 1, failed: 1 });
    orgs.emulator.faults.clear();
    expect(await migration.apply(plan)).toMatchObject({ resumed: true, summary: { updated: 1, failed: 0 } });
    expect(tools(await there('user'))[0]?.version).toBe((await there('tool'))._xact_id);
  });
});

describe('a code bundle', () => {
  test('that was pushed to the destination is adopted and then left to its repository', async () => {
    const bundle = (bundle_id: string) => ({
      name: 'Check',
      slug: 'check',
      function_type: 'scorer',
      function_data: {
        type: 'code',
        data: {
          type: 'bundle',
          runtime_context: { runtime: 'node', version: '20' },
          location: { type: 'function', index: 0 },
          bundle_id,
        },
      },
    });
    await orgs.source.object('POST', '/v1/function', { project_id: project.id, ...bundle('b-1') });
    const { id } = await orgs.destination.object('POST', '/v1/project', { name: 'Support bot' });
    await orgs.destination.object('POST', '/v1/function', { project_id: id, ...bundle('b-2') });
    const migration = orgs.migration();
    const address = 'skip:function."Support bot".check';
    expect(action((await migrate(migration)).plan, address).reason).toBe('adopted');
    expect(action(await migration.plan(), address).reason).toBe('pushed_separately');
  });
});
