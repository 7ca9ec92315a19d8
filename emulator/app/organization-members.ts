import { randomBytes } from 'node:crypto';
import { ApiError } from '../api-error.ts';
import { jsonReply } from '../http/write-reply.ts';
import type { Reply, RequestContext, Route } from '../route.ts';
import type { Fields } from '../store/object-table.ts';
import type { Org, User } from '../tenancy.ts';
import { isRecord } from '../verbs/check-body.ts';
import { extraneous, missing } from '../verbs/refusals.ts';
import { namedOrg } from '../verbs/resolve-owner.ts';

/** Invites and removes members, people as well as service accounts (fact sheet section 9). */
export const organizationMemberRoutes: readonly Route[] = [
  { method: 'PATCH', path: '/v1/organization/members', auth: 'key', handle: patchMembers },
];

async function patchMembers(context: RequestContext): Promise<Reply> {
  const body = await context.json();
  const record = isRecord(body) ? body : {};
  const unknown = Object.keys(record).filter(
    (key) => !['invite_users', 'remove_users', 'org_name', 'org_id'].includes(key),
  );
  if (unknown.length > 0) throw extraneous(unknown);
  const org = chosenOrg(context, record);
  const added = isRecord(record.invite_users) ? invite(context, org, record.invite_users) : [];
  if (isRecord(record.remove_users)) remove(context, org, record.remove_users);
  return jsonReply({ status: 'success', org_id: org.id, ...(added.length > 0 ? { added_users: added } : {}) });
}

function chosenOrg(context: RequestContext, body: Record<string, unknown>): Org {
  const { org_id: id } = body;
  if (typeof id !== 'string') return namedOrg(context, body.org_name);
  const org = context.orgs.find((candidate) => candidate.id === id);
  if (org === undefined) throw new ApiError(400, missing('read', 'organization', id));
  return org;
}

function invite(context: RequestContext, org: Org, asked: Record<string, unknown>): Fields[] {
  const { tenants } = context.world;
  const groups = chosenGroups(context, org, asked);
  const people = texts(asked.emails).map((email) => tenants.invite(org.id, { email }));
  for (const id of texts(asked.ids)) {
    const user = tenants.user(id);
    if (user === undefined) throw new ApiError(400, missing('read', 'user', id));
    tenants.addMember(org.id, id);
    people.push(user);
  }
  const accounts = (Array.isArray(asked.service_accounts) ? (asked.service_accounts as Fields[]) : []).map((account) =>
    addServiceAccount(context, org, account),
  );
  for (const groupId of groups) addToGroup(context, groupId, [...people, ...accounts.map(({ user }) => user)]);
  return [
    ...people.map((user) => ({ id: user.id, email: user.email })),
    ...accounts.map(({ user, key, tokenName }) => ({
      id: user.id,
      email: user.email,
      api_key: key,
      token_name: tokenName,
    })),
  ];
}

/** A service account is a user with an address that cannot be reached; its first token is shown once. */
function addServiceAccount({ world }: RequestContext, org: Org, account: Fields) {
  const name = String(account.name);
  const email = `bt::sp::custom::${org.id}::${name}`;
  const user = world.tenants.invite(org.id, { email, given_name: name });
  const tokenName = typeof account.token_name === 'string' ? account.token_name : null;
  const key = tokenName === null ? null : `bt-st-${randomBytes(24).toString('base64url')}`;
  if (key !== null && tokenName !== null) {
    world.tenants.addKey(key, user.id, [org.id], tokenName, world.tenants.serviceTokens);
  }
  return { user, key, tokenName };
}

function chosenGroups({ world }: RequestContext, org: Org, asked: Record<string, unknown>): string[] {
  const ids = [...texts(asked.group_ids), ...texts([asked.group_id])];
  const names = [...texts(asked.group_names), ...texts([asked.group_name])];
  const byName = names.map((name) => {
    const group = world.table('group').byKey(JSON.stringify([org.id, name]));
    if (group === undefined)
      throw new ApiError(400, `Missing read access to group named ${name}, or the group does not exist`);
    return group.id;
  });
  for (const id of ids) {
    if (world.table('group').live(id)?.orgId !== org.id) throw new ApiError(400, missing('read', 'group', id));
  }
  return [...ids, ...byName];
}

function addToGroup({ world }: RequestContext, groupId: string, users: readonly User[]): void {
  const group = world.table('group').live(groupId);
  if (group === undefined) return;
  const members = new Set([...texts(group.fields.member_users), ...users.map((user) => user.id)]);
  world.table('group').put({ ...group, fields: { ...group.fields, member_users: [...members] } });
}

/** Removed members also leave the groups. */
function remove({ world }: RequestContext, org: Org, asked: Record<string, unknown>): void {
  const emails = texts(asked.emails).map((email) => email.toLowerCase());
  const ids = new Set(texts(asked.ids));
  for (const user of world.tenants.usersOf(org.id)) {
    if (!ids.has(user.id) && !emails.includes(user.email.toLowerCase())) continue;
    world.tenants.removeMember(org.id, user.id);
    for (const group of [...world.table('group').ofOrg(org.id)]) {
      const members = texts(group.fields.member_users);
      if (!members.includes(user.id)) continue;
      const kept = members.filter((id) => id !== user.id);
      world.table('group').put({ ...group, fields: { ...group.fields, member_users: kept } });
    }
  }
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : [];
}
