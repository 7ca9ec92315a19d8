import { ApiError } from '../api-error.ts';
import { jsonReply } from '../http/write-reply.ts';
import type { Reply, RequestContext, Route } from '../route.ts';
import type { StoredObject } from '../store/object-table.ts';
import { compareAge } from '../store/object-table.ts';
import { coveredOrgs, objectFilter } from '../verbs/list-objects.ts';
import { listPage, readPageRequest } from '../verbs/list-page.ts';
import { invalidUuid, isUuid, missing } from '../verbs/refusals.ts';

/** Members of the orgs of a key (fact sheet section 9). */
export const userRoutes: readonly Route[] = [
  { method: 'GET', path: '/v1/user', auth: 'key', handle: list },
  { method: 'GET', path: '/v1/user/:id', auth: 'key', handle: get },
];

/** `given_name`, `family_name` and `email` may be repeated; e-mails are compared in any case. */
function list(context: RequestContext): Reply {
  const { world, query } = context;
  const members = coveredOrgs(context).flatMap((org) => world.tenants.usersOf(org.id));
  const unique = [...new Set(members.map((user) => user.id))].flatMap((id) => world.tenants.users.live(id) ?? []);
  const filter = objectFilter(query, { given_name: 'given_name', family_name: 'family_name' });
  const emails = query.getAll('email').map((email) => email.toLowerCase());
  const keep = (stored: StoredObject): boolean =>
    filter(stored) && (emails.length === 0 || emails.includes(String(stored.fields.email).toLowerCase()));
  const everyone = { ...context, orgs: world.tenants.orgs() };
  const found = listPage(everyone, 'user', [unique.sort(compareAge)], readPageRequest(query, null), keep);
  return jsonReply({ objects: found.map((stored) => stored.fields) });
}

function get({ world, orgs, params }: RequestContext): Reply {
  const id = params.id ?? '';
  if (!isUuid(id)) throw invalidUuid(['id', 0]);
  const user = world.tenants.user(id);
  if (user === undefined || !orgs.some((org) => world.tenants.isMember(org.id, id))) {
    throw new ApiError(403, missing('read', 'user', id), 'json');
  }
  return jsonReply(user);
}
