import { afterEach, beforeEach, expect, test } from 'vitest';
import { renderPlan } from '../../src/cli/views/render-plan.ts';
import { action, blocks, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
beforeEach(async () => {
  // Two deployments: a person has another id in each.
  orgs = await TwoOrgs.start({ switches: { userIdsGlobal: false } });
});
afterEach(() => orgs.close());

async function invite(side: 'source' | 'destination', email: string): Promise<string> {
  await orgs[side].object('PATCH', '/v1/organization/members', { invite_users: { emails: [email] } });
  const [user] = await orgs[side].list(`/v1/user?email=${email}`);
  return String(user?.id);
}

test('D09 a group keeps its people and the groups in it', async () => {
  const u1 = await invite('source', 'u1@acme.example');
  const there = await invite('destination', 'U1@acme.example');
  const a = await orgs.source.object('POST', '/v1/group', { name: 'Annotators' });
  await orgs.source.object('POST', '/v1/group', { name: 'Team', member_groups: [a.id], member_users: [u1] });
  const migration = orgs.migration();
  await migrate(migration);
  const copy = await orgs.found('destination', '/v1/group', 'Annotators');
  expect(await orgs.found('destination', '/v1/group', 'Team')).toMatchObject({
    member_groups: [copy.id],
    member_users: [there],
  });
  expect(there).not.toBe(u1);
  expect(pending(await migration.plan())).toEqual([]);
});

test('D11 somebody who is missing is invited without an e-mail when the spec says so, and then has the permission', async () => {
  const u1 = await invite('source', 'u1@acme.example');
  const { id } = await orgs.project();
  await orgs.source.object('POST', '/v1/acl', {
    object_type: 'project',
    object_id: id,
    user_id: u1,
    permission: 'read',
  });
  const migration = orgs.migration('users: { invite: true }');
  const { plan } = await migrate(migration);
  expect(plan.actions.find(({ op, address }) => op === 'create' && address.startsWith('user.'))).toMatchObject({
    reason: 'user_invited',
  });
  const sent = orgs.emulator.requests.all().find(({ path, org }) => path.endsWith('/members') && org === 'Acme Prod');
  expect(JSON.parse(sent?.body ?? '')).toMatchObject({
    invite_users: { emails: ['u1@acme.example'], send_invite_emails: false },
  });
  const [user] = await orgs.destination.list('/v1/user?email=u1@acme.example');
  const project = await orgs.found('destination', '/v1/project', 'Support bot');
  const acls = (await orgs.destination.list('/v1/acl/list_org')).filter(({ object_id }) => object_id === project.id);
  expect(acls).toMatchObject([{ user_id: user?.id, permission: 'read' }]);
  expect(pending(await migration.plan())).toEqual([]);
});

test('a person who is not in the destination blocks what is granted to them, and nothing else', async () => {
  const u1 = await invite('source', 'u1@acme.example');
  const { id } = await orgs.project();
  const grant = { object_type: 'project', object_id: id, permission: 'read' };
  await orgs.source.object('POST', '/v1/acl', { ...grant, user_id: u1 });
  const team = await orgs.source.object('POST', '/v1/group', { name: 'Team' });
  await orgs.source.object('POST', '/v1/acl', { ...grant, group_id: team.id });
  const { plan, run } = await migrate(orgs.migration());
  expect(blocks(plan)).toEqual(['acl.project."Support bot"."user:u1@acme.example".read.- (user_not_found)']);
  expect(run.summary).toMatchObject({ created: 3, blocked: 1 });
});

test('a mapped person is found under the other address, and invited under it when missing', async () => {
  const ann = await invite('source', 'ann@dev.example');
  const ben = await invite('source', 'ben@dev.example');
  const there = await invite('destination', 'Ann@example.com');
  await orgs.source.object('POST', '/v1/group', { name: 'Team', member_users: [ann, ben] });
  const migration = orgs.migration(
    'users: { map: { "ann@dev.example": "ann@example.com", "Ben@dev.example": "ben@example.com" }, invite: true }',
  );
  const { plan } = await migrate(migration);
  expect(action(plan, 'create:user."ben@dev.example"').after).toEqual({ email: 'ben@example.com' });
  expect(renderPlan(plan, { color: false })).toContain('email: "ben@example.com"');
  const [benThere] = await orgs.destination.list('/v1/user?email=ben@example.com');
  const team = await orgs.found('destination', '/v1/group', 'Team');
  expect([...(team.member_users as string[])].sort()).toEqual([there, String(benThere?.id)].sort());
  expect(await orgs.destination.list('/v1/user?email=ben@dev.example')).toEqual([]);
  expect(pending(await migration.plan())).toEqual([]);
});

test('a mapped person is not mixed up with somebody who has the old address in the destination', async () => {
  await invite('destination', 'ann@dev.example');
  const there = await invite('destination', 'ann@example.com');
  const ann = await invite('source', 'ann@dev.example');
  await orgs.source.object('POST', '/v1/group', { name: 'Team', member_users: [ann] });
  await migrate(orgs.migration('users: { map: { "ann@dev.example": "ann@example.com" } }'));
  expect((await orgs.found('destination', '/v1/group', 'Team')).member_users).toEqual([there]);
});

test('a service account is not invited as if it were a person', async () => {
  await orgs.source.object('PATCH', '/v1/organization/members', {
    invite_users: { service_accounts: [{ name: 'nightly' }] },
  });
  const users = await orgs.source.list('/v1/user');
  const account = users.find(({ email }) => !String(email).includes('@'));
  await orgs.source.object('POST', '/v1/group', { name: 'Robots', member_users: [account?.id] });
  const before = await orgs.destination.list('/v1/user');
  const { plan } = await migrate(orgs.migration('users: { invite: true }'));
  expect(blocks(plan)).toEqual(['group.Robots (user_not_found)']);
  expect(await orgs.destination.list('/v1/user')).toEqual(before);
});
