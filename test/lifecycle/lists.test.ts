import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FaultMatch } from '../../emulator/faults/fault-rule.ts';
import type { Shown } from '../support/emulator-client.ts';
import { blocks, chat, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let project: Shown;

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  project = await orgs.project();
});
afterEach(() => orgs.close());

const make = (kind: string, body: object) =>
  orgs.source.object('POST', `/v1/${kind}`, { project_id: project.id, ...body });
const fail = (org: string, path: string, status = 403, more: FaultMatch = {}) =>
  orgs.emulator.faults.add({
    match: { org, path, method: 'GET', ...more },
    action: { type: 'status', status, body: { error: 'Injected' } },
  });
const lists = (kind: string) => `${kind}.* (list_failed)`;

describe('a list of the source that fails', () => {
  test.each([403, 500])(
    'with %d is unknown: its kind and what refers to it are blocked, the rest goes on',
    async (status) => {
      const golden = await make('dataset', { name: 'Golden' });
      await make('experiment', { name: 'With', dataset_id: golden.id });
      await make('experiment', { name: 'Without' });
      fail('Acme Dev', '/v1/dataset', status);
      const migration = orgs.migration();
      const { plan } = await migrate(migration);
      expect(blocks(plan)).toEqual([lists('dataset'), lists('view'), 'experiment."Support bot".With (list_failed)']);
      expect(pending(plan)).toEqual(['create:project."Support bot"', 'create:experiment."Support bot".Without']);

      orgs.emulator.faults.clear();
      await migrate(migration);
      const copy = await orgs.found('destination', '/v1/dataset', 'Golden');
      expect((await orgs.found('destination', '/v1/experiment', 'With')).dataset_id).toBe(copy.id);
      expect(pending(await migration.plan())).toEqual([]);
    },
  );

  test('drops no reference, even when missing references may be dropped', async () => {
    const golden = await make('dataset', { name: 'Golden' });
    await make('experiment', { name: 'With', dataset_id: golden.id });
    const invite = { invite_users: { emails: ['ann@acme.example'] } };
    for (const side of ['source', 'destination'] as const)
      await orgs[side].object('PATCH', '/v1/organization/members', invite);
    const [user] = await orgs.source.list('/v1/user?email=ann@acme.example');
    await orgs.source.object('POST', '/v1/view', {
      object_type: 'project',
      object_id: project.id,
      view_type: 'logs',
      name: 'Mine',
      user_id: user?.id,
    });
    const migration = orgs.migration('policy: { missing_reference: drop }');
    await migrate(migration);
    fail('Acme Dev', '/v1/dataset');
    fail('Acme Dev', '/v1/user');
    const plan = await migration.plan();
    expect(pending(plan)).toEqual([]);
    expect(blocks(plan)).toContain('experiment."Support bot".With (list_failed)');
  });

  test('deletes nothing of what it could have held, and nothing that hangs on it', async () => {
    const golden = await make('dataset', { name: 'Golden' });
    await orgs.source.object('POST', '/v1/view', {
      object_type: 'dataset',
      object_id: golden.id,
      view_type: 'dataset',
      name: 'Mine',
    });
    const team = await orgs.source.object('POST', '/v1/group', { name: 'Team' });
    const grant = { object_type: 'project', object_id: project.id, permission: 'read' };
    await orgs.source.object('POST', '/v1/acl', { ...grant, group_id: team.id });
    const migration = orgs.migration('policy: { prune: true, max_deletes: 99 }');
    await migrate(migration);
    fail('Acme Dev', '/v1/dataset');
    fail('Acme Dev', '/v1/group');
    const plan = await migration.plan();
    expect(pending(plan)).toEqual([]);
    expect(blocks(plan)).toEqual(
      expect.arrayContaining([lists('dataset'), lists('group'), lists('acl'), lists('view')]),
    );
  });

  test('of the functions does not make do with what the list of the prompts shows of them', async () => {
    await make('function', {
      name: 'Escalate',
      slug: 'escalate',
      function_type: 'tool',
      function_data: { type: 'prompt' },
      function_schema: { parameters: { type: 'object' } },
    });
    const migration = orgs.migration();
    await migrate(migration);
    fail('Acme Dev', '/v1/function', 500);
    expect(pending(await migration.plan())).toEqual([]);
    orgs.emulator.faults.clear();
    fail('Acme Prod', '/v1/function', 500);
    expect(pending(await migration.plan())).toEqual([]);
    expect(pending(await orgs.migration().plan())).toEqual([]);
  });

  test('of the environments hides no assignment', async () => {
    await orgs.source.object('POST', '/environment', { name: 'Production', slug: 'production' });
    const prompt = await make('prompt', { name: 'P', slug: 'p', prompt_data: chat('P') });
    const version = { object_version: prompt._xact_id };
    await orgs.source.object('PUT', `/environment-object/prompt/${prompt.id}/production`, version);
    const migration = orgs.migration('policy: { prune: true, max_deletes: 99 }');
    await migrate(migration);
    fail('Acme Dev', '/environment');
    const plan = await migration.plan();
    expect(pending(plan)).toEqual([]);
    expect(blocks(plan)).toEqual(expect.arrayContaining([lists('environment'), lists('environment_object')]));
  });

  test('of the projects ends the plan, because nothing can be said without them', async () => {
    fail('Acme Dev', '/v1/project');
    await expect(orgs.migration().plan()).rejects.toMatchObject({ code: 'BTM_PERMISSION_DENIED', exitCode: 6 });
  });
});

describe('a list of the destination that fails', () => {
  test('blocks what could be there already, and what refers to it', async () => {
    const golden = await make('dataset', { name: 'Golden' });
    await make('experiment', { name: 'With', dataset_id: golden.id });
    await make('experiment', { name: 'Without' });
    fail('Acme Prod', '/v1/dataset');
    const { plan } = await migrate(orgs.migration());
    expect(blocks(plan)).toEqual([
      'dataset."Support bot".Golden (list_failed)',
      'experiment."Support bot".With (dependency_blocked)',
    ]);
    expect(pending(plan)).toEqual(['create:project."Support bot"', 'create:experiment."Support bot".Without']);
  });

  test('of the people makes no view without its owner', async () => {
    const invite = { invite_users: { emails: ['ann@acme.example'] } };
    for (const side of ['source', 'destination'] as const)
      await orgs[side].object('PATCH', '/v1/organization/members', invite);
    const [user] = await orgs.source.list('/v1/user?email=ann@acme.example');
    await orgs.source.object('POST', '/v1/view', {
      object_type: 'project',
      object_id: project.id,
      view_type: 'logs',
      name: 'Mine',
      user_id: user?.id,
    });
    fail('Acme Prod', '/v1/user');
    const plan = await orgs.migration().plan();
    expect(blocks(plan)).toContain('view.project."Support bot".logs.Mine (dependency_blocked)');
  });

  test('because the route does not exist says that the deployment is older', async () => {
    await make('agent', { name: 'Night shift' });
    orgs.emulator.faults.add({
      match: { org: 'Acme Prod', path: '/v1/agent', method: 'GET' },
      action: { type: 'status', status: 404, body: 'No route for GET /v1/agent' },
    });
    const plan = await orgs.migration().plan();
    expect(blocks(plan)).toEqual(['agent."Support bot"."Night shift" (not_supported_by_destination)']);
  });
});

describe('a list that fails at apply', () => {
  test.each([
    ['Acme Prod', '/v1/dataset', 500, 'BTM_SERVER_FAILED', 8],
    ['Acme Prod', '/v1/user', 403, 'BTM_PERMISSION_DENIED', 6],
    ['Acme Dev', '/v1/dataset', 403, 'BTM_PERMISSION_DENIED', 6],
  ])(
    'of %s %s with %d ends the run before the first write, and is no stale plan',
    async (org, path, status, code, exitCode) => {
      await make('dataset', { name: 'Golden' });
      const invite = { invite_users: { emails: ['ann@acme.example'] } };
      for (const side of ['source', 'destination'] as const)
        await orgs[side].object('PATCH', '/v1/organization/members', invite);
      const [user] = await orgs.source.list('/v1/user?email=ann@acme.example');
      await orgs.source.object('POST', '/v1/group', { name: 'Team', member_users: [user?.id] });
      const migration = orgs.migration();
      const plan = await migration.plan();
      fail(org, path, status);
      orgs.emulator.requests.clear();
      await expect(migration.apply(plan)).rejects.toMatchObject({ code, exitCode });
      expect(orgs.writesSent()).toEqual([]);
      orgs.emulator.faults.clear();
      expect((await migration.apply(plan)).summary).toMatchObject({ created: 3, failed: 0 });
    },
  );

  test('does not matter when the plan touches nothing of it', async () => {
    await make('dataset', { name: 'Golden' });
    await make('experiment', { name: 'Without' });
    fail('Acme Dev', '/v1/dataset');
    const migration = orgs.migration();
    expect((await migrate(migration)).run.summary).toMatchObject({ created: 2, failed: 0 });
  });
});

describe('a list that cannot prove its end', () => {
  test('is unknown when its only page holds a round number of objects', async () => {
    for (let number = 0; number < 60; number += 1)
      await orgs.source.object('POST', '/v1/env_var', {
        object_type: 'project',
        object_id: project.id,
        name: `V${number}`,
      });
    await orgs.source.object('PATCH', `/v1/project/${project.id}`, { description: 'Still planned' });
    orgs.emulator.setVisibility({ pageCap: 50 });
    const plan = await orgs.migration().plan();
    expect(blocks(plan)).toContain(lists('env_var'));
    expect(pending(plan)).toContain('create:project."Support bot"');
    orgs.emulator.setVisibility({ pageCap: null });
    expect(pending(await orgs.migration().plan()).filter((id) => id.startsWith('create:env_var.'))).toHaveLength(60);
  });

  test('short pages are not the end', async () => {
    for (let number = 0; number < 25; number += 1) await make('project_tag', { name: `t${number}` });
    orgs.emulator.setVisibility({ pageShare: 0.01 });
    expect(pending(await orgs.migration().plan())).toHaveLength(26);
  });

  test('objects that the list shows late are found late, and made once', async () => {
    await make('project_tag', { name: 'refund' });
    const migration = orgs.migration();
    orgs.emulator.setVisibility({ objectLag: 3_600_000 });
    orgs.emulator.clock.advance(7_200_000);
    await migrate(migration);
    expect(await orgs.destination.list('/v1/project_tag')).toEqual([]);
    orgs.emulator.setVisibility({ objectLag: 0 });
    expect(pending(await migration.plan())).toEqual([]);
    expect(await orgs.destination.list('/v1/project_tag')).toHaveLength(1);
  });
});
