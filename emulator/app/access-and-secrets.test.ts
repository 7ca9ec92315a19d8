import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf, EmulatorClient, type Shown } from '../../test/support/emulator-client.ts';
import { type Emulator, startEmulator } from '../start-emulator.ts';

describe('people, permissions, secrets and views', () => {
  let emulator: Emulator;
  let client: EmulatorClient;
  let orgId: string;
  let project_id: string;
  let ann: string;

  beforeAll(async () => {
    emulator = await startEmulator();
    client = clientOf(emulator);
    orgId = emulator.orgs[0]?.id ?? '';
    project_id = (await client.object('POST', '/v1/project', { name: 'Support bot' })).id;
    await client.object('PATCH', '/v1/organization/members', {
      invite_users: { emails: ['Ann@acme.example'], group_name: 'Viewers' },
    });
    ann = (await client.list('/v1/user?email=ann@ACME.example'))[0]?.id ?? '';
  });
  afterAll(async () => {
    await emulator.close();
  });

  test('a new org has system roles, built-in groups and the permissions that join them', async () => {
    const roles = await client.list('/v1/role');
    expect(roles.map(({ name, org_id }) => [name, org_id]).sort()).toEqual([
      ['Engineer', null],
      ['Owner', null],
      ['Viewer', null],
    ]);
    const groups = await client.list('/v1/group');
    expect(groups.map(({ name }) => name).sort()).toEqual(['Engineers', 'Owners', 'Viewers']);
    const viewers = groups.find(({ name }) => name === 'Viewers');
    expect(viewers?.member_users).toEqual([ann]);
    const acls = await client.list('/v1/acl/list_org');
    expect(acls).toHaveLength(3);
    expect(acls.every(({ role_id }) => roles.some(({ id }) => id === role_id))).toBe(true);
    const owner = roles.find(({ name }) => name === 'Owner');
    expect((await client.call('PATCH', `/v1/role/${owner?.id}`, { description: 'x' })).status).toBe(403);
    expect((await client.call('DELETE', `/v1/role/${owner?.id}`)).status).toBe(403);
  });

  test('roles and groups change by adding and removing, and only to what exists', async () => {
    const base = await client.object('POST', '/v1/role', {
      name: 'Base',
      member_permissions: [{ permission: 'read' }],
    });
    const changed = await client.object('PATCH', `/v1/role/${base.id}`, {
      add_member_permissions: [{ permission: 'update', restrict_object_type: 'dataset' }],
      remove_member_permissions: [{ permission: 'read', restrict_object_type: null }],
    });
    expect(changed.member_permissions).toEqual([{ permission: 'update', restrict_object_type: 'dataset' }]);
    expect((await client.call('PATCH', `/v1/role/${base.id}`, { member_permissions: [] })).status).toBe(400);
    const group = await client.object('POST', '/v1/group', { name: 'Annotators', member_users: [ann] });
    const same = await client.object('PATCH', `/v1/group/${group.id}`, { add_member_users: [ann] });
    expect(same.member_users).toEqual([ann]);
    const nobody = { add_member_groups: ['00000000-0000-4000-8000-000000000000'] };
    expect((await client.call('PATCH', `/v1/group/${group.id}`, nobody)).text).toMatch(
      /^Missing read access to group id/,
    );
    expect(
      (await client.object('PATCH', `/v1/group/${group.id}`, { remove_member_users: [ann] })).member_users,
    ).toEqual([]);
  });

  test('an ACL has one grantee and one grant, is its own key, and goes by content', async () => {
    const place = { object_type: 'project', object_id: project_id };
    const [role] = await client.list('/v1/role?role_name=Viewer');
    const wrong = [
      { ...place, permission: 'read' },
      { ...place, user_id: ann },
      { ...place, user_id: ann, permission: 'read', role_id: role?.id },
      { ...place, user_id: ann, role_id: role?.id, restrict_object_type: 'dataset' },
    ];
    for (const body of wrong) expect((await client.call('POST', '/v1/acl', body)).status).toBe(400);
    const grant = { ...place, user_id: ann, permission: 'read' };
    const first = await client.object('POST', '/v1/acl', grant);
    expect((await client.object('POST', '/v1/acl', { ...grant, restrict_object_type: null })).id).toBe(first.id);
    const other = await client.object('POST', '/v1/acl', { ...grant, restrict_object_type: 'dataset' });
    expect(other.id).not.toBe(first.id);
    expect((await client.call('GET', '/v1/acl')).status).toBe(400);
    expect(
      await client.list(`/v1/acl?object_type=project&object_id=${project_id}&restrict_object_type=dataset`),
    ).toEqual([other]);
    const batch = await client.object('POST', '/v1/acl/batch_update', {
      add_acls: [grant],
      remove_acls: [{ ...grant, restrict_object_type: 'dataset' }],
    });
    expect(batch).toEqual({ added_acls: [], removed_acls: [other] });
    expect(await client.object('DELETE', '/v1/acl', grant)).toEqual(first);
    expect(await client.list(`/v1/acl?object_type=project&object_id=${project_id}`)).toEqual([]);
  });

  test('a secret cannot be read back, and a PUT or PATCH without it keeps it', async () => {
    const body = { name: 'OPENAI_API_KEY', type: 'openai', secret: 'sk-proj-0123456789' };
    const created = await client.object('POST', '/v1/ai_secret', body);
    expect(created.preview_secret).toBe('sk-********789');
    expect(JSON.stringify(await client.list('/v1/ai_secret'))).not.toContain(body.secret);
    const put = await client.object('PUT', '/v1/ai_secret', { name: body.name, type: 'custom' });
    expect(put).toMatchObject({ id: created.id, type: 'custom', preview_secret: created.preview_secret });
    const patched = await client.object('PATCH', `/v1/ai_secret/${created.id}`, { secret: 'another-secret-value' });
    expect(patched).toMatchObject({ preview_secret: 'ano********lue', updated_at: expect.any(String) });
    const bare = await client.object('POST', '/v1/ai_secret', { name: 'EMPTY' });
    expect(bare).toMatchObject({ preview_secret: null, secret_updated_at: null });
    const kept = emulator.dump().objects.ai_secret?.find(({ id }) => id === created.id);
    expect(kept?.hidden).toEqual({ secret: 'another-secret-value' });
  });

  test('a variable belongs to an org, a project or a function; its list has no cursor and its PATCH needs the name', async () => {
    const variable = {
      object_type: 'organization',
      object_id: orgId,
      name: 'SUPPORT_REGION',
      value: 'eu-central-region',
    };
    const { id } = await client.object('POST', '/v1/env_var', variable);
    await client.object('POST', '/v1/env_var', { ...variable, object_type: 'project', object_id: project_id });
    expect(await client.list('/v1/env_var')).toHaveLength(2);
    expect(await client.list(`/v1/env_var?starting_after=${id}`)).toHaveLength(2);
    expect(await client.list('/v1/env_var?limit=1')).toHaveLength(1);
    expect(await client.list('/v1/env_var?object_type=project')).toHaveLength(1);
    expect((await client.call('PATCH', `/v1/env_var/${id}`, { value: 'x' })).status).toBe(400);
    const patched = await client.object('PATCH', `/v1/env_var/${id}`, { name: 'SUPPORT_REGION', metadata: { a: 1 } });
    expect(patched).toMatchObject({ preview_secret: 'eu-********ion', metadata: { a: 1 }, secret_category: 'env_var' });
  });

  test('a view is only reached with the object that it belongs to', async () => {
    const place = { object_type: 'project', object_id: project_id };
    const view = await client.object('POST', '/v1/view', { ...place, view_type: 'logs', name: 'Mine', user_id: ann });
    const query = `?object_type=project&object_id=${project_id}`;
    expect((await client.call('GET', `/v1/view/${view.id}`)).status).toBe(400);
    expect((await client.call('GET', `/v1/view/${view.id}?object_type=organization&object_id=${orgId}`)).status).toBe(
      403,
    );
    expect(await client.object('GET', `/v1/view/${view.id}${query}`)).toEqual(view);
    expect((await client.call('PATCH', `/v1/view/${view.id}`, { name: 'Ours' })).status).toBe(400);
    expect((await client.object('PATCH', `/v1/view/${view.id}`, { ...place, name: 'Ours' })).name).toBe('Ours');
    expect((await client.object('DELETE', `/v1/view/${view.id}`, place)).deleted_at).not.toBeNull();
    expect(await client.list(`/v1/view${query}`)).toEqual([]);
    expect(
      (await client.call('POST', '/v1/view', { ...place, view_type: 'logs', name: 'X', user_id: orgId })).status,
    ).toBe(400);
  });

  test('a removed member loses groups and cannot be referred to; a service account gets a key once', async () => {
    const invited = await client.object('PATCH', '/v1/organization/members', {
      invite_users: {
        emails: ['dora@acme.example'],
        service_accounts: [{ name: 'ci', token_name: 'ci' }],
        group_names: ['Engineers'],
      },
    });
    const [dora, robot] = invited.added_users as Shown[];
    const [engineers] = await client.list('/v1/group?group_name=Engineers');
    expect(engineers?.member_users).toEqual([dora?.id, robot?.id]);
    const service = new EmulatorClient(emulator.url, String(robot?.api_key));
    expect(await service.list('/v1/project')).toHaveLength(1);
    await client.object('PATCH', '/v1/organization/members', { remove_users: { emails: ['DORA@acme.example'] } });
    expect((await client.list('/v1/group?group_name=Engineers'))[0]?.member_users).toEqual([robot?.id]);
    expect((await client.call('GET', `/v1/user/${dora?.id}`)).status).toBe(403);
    const grant = { object_type: 'project', object_id: project_id, user_id: dora?.id, permission: 'read' };
    expect((await client.call('POST', '/v1/acl', grant)).text).toMatch(/^Missing read access to user id/);
  });

  test('a key that was made works, is shown once, and stops working when it is deleted', async () => {
    const made = await client.object('POST', '/v1/api_key', { name: 'laptop' });
    const laptop = new EmulatorClient(emulator.url, String(made.key));
    expect(await laptop.list('/v1/project')).toHaveLength(1);
    const listed = (await client.list('/v1/api_key')).find(({ id }) => id === made.id);
    expect(listed).toMatchObject({ name: 'laptop', org_id: orgId });
    expect(JSON.stringify(listed)).not.toContain(String(made.key));
    await client.object('DELETE', `/v1/api_key/${made.id}`);
    expect((await laptop.call('GET', '/v1/project')).status).toBe(401);
  });

  test('environments have no paging, and a description can be emptied', async () => {
    const { id } = await client.object('POST', '/environment', {
      name: 'Production',
      slug: 'production',
      description: 'live',
    });
    await client.object('POST', '/environment', { name: 'Staging', slug: 'staging' });
    expect(await client.list('/environment?limit=1')).toHaveLength(2);
    expect((await client.object('PATCH', `/environment/${id}`, { description: null })).description).toBeNull();
  });

  test('control-plane forms find, register, patch and delete what REST shows', async () => {
    const registered = await client.object('POST', '/api/project_automation/register', {
      project_automation_name: 'Keep',
      project_id,
      config: { event_type: 'retention', object_type: 'project_logs', retention_days: 30 },
    });
    const automation = registered.project_automation as Shown;
    expect(await client.list(`/v1/project_automation?project_id=${project_id}`)).toEqual([automation]);
    const patched = await client.object('POST', '/api/project_automation/patch_id', {
      id: automation.id,
      description: 'x',
    });
    expect((await client.object('POST', '/api/project_automation/get', { project_id })) as unknown).toEqual([patched]);
    await client.object('POST', '/brainstore/automation/reset-cursors', {
      automation_id: automation.id,
      object_id: `project_logs:${project_id}`,
    });
    const cursors = await client.object('POST', '/brainstore/automation/get-cursors', { automation_id: automation.id });
    expect(cursors.cursors).toHaveLength(1);
    await client.object('POST', '/api/project_automation/delete_id', { id: automation.id });
    expect(await client.list('/v1/project_automation')).toEqual([]);
  });
});
