import { ApiError } from '../api-error.ts';
import { jsonReply } from '../http/write-reply.ts';
import { ACL } from '../kinds/access.ts';
import type { Reply, RequestContext, Route } from '../route.ts';
import type { Fields, StoredObject } from '../store/object-table.ts';
import { checkBody, isRecord } from '../verbs/check-body.ts';
import { removeObject } from '../verbs/delete-object.ts';
import { coveredOrgs, objectFilter } from '../verbs/list-objects.ts';
import { listPage, readPageRequest } from '../verbs/list-page.ts';
import { presentObject } from '../verbs/present-object.ts';
import { resolveOwner } from '../verbs/resolve-owner.ts';
import { ensureObject, uniqueKeyOf } from '../verbs/write-object.ts';

/** What ACLs have beside the generic verbs (fact sheet 2.3). */
export const aclRoutes: readonly Route[] = [
  { method: 'GET', path: '/v1/acl/list_org', auth: 'key', handle: listOrg },
  { method: 'POST', path: '/v1/acl/batch_update', auth: 'key', handle: batchUpdate },
  { method: 'DELETE', path: '/v1/acl', auth: 'key', handle: deleteByContent },
];

/** Every ACL of the org, as a bare array. */
function listOrg(context: RequestContext): Reply {
  const filters = { ...ACL.filters, object_type: 'object_type', object_id: 'object_id' };
  const lists = coveredOrgs(context).map((org) => context.world.table('acl').ofOrg(org.id));
  const page = readPageRequest(context.query, null);
  const found = listPage(context, 'acl', lists, page, objectFilter(context.query, filters));
  return jsonReply(found.map((stored) => presentObject(context.world, ACL, stored)));
}

/** Removes, then adds; what is already so is left out of the answer. Refuses as a whole. */
async function batchUpdate(context: RequestContext): Promise<Reply> {
  const body = await context.json();
  const { add_acls: add, remove_acls: remove } = isRecord(body) ? body : {};
  const additions = Array.isArray(add) ? add : [];
  const removals = (Array.isArray(remove) ? remove : []).map((content) => findByContent(context, content));
  for (const content of additions) ACL.check?.(checkBody(ACL, content, 'create'), { ...context });
  const removed = removals
    .filter((stored) => stored !== undefined)
    .map((stored) => removeObject(context.world, ACL, stored));
  const added: Fields[] = [];
  for (const content of additions) {
    const { stored, isNew } = ensureObject(context, ACL, content);
    if (isNew) added.push(presentObject(context.world, ACL, stored));
  }
  const shown = removed.map((stored) => presentObject(context.world, ACL, stored));
  return jsonReply({ added_acls: added, removed_acls: shown });
}

async function deleteByContent(context: RequestContext): Promise<Reply> {
  const stored = findByContent(context, await context.json());
  if (stored === undefined) throw new ApiError(400, 'Missing delete access to acl, or the acl does not exist');
  return jsonReply(presentObject(context.world, ACL, removeObject(context.world, ACL, stored)));
}

function findByContent(context: RequestContext, content: unknown): StoredObject | undefined {
  const fields = checkBody(ACL, content, 'create');
  const owner = resolveOwner(context, ACL, isRecord(content) ? content : {});
  return context.world.table('acl').byKey(uniqueKeyOf(ACL, owner.ownerId, fields) ?? '');
}
