import { ApiError } from '../api-error.ts';
import type { RequestContext } from '../route.ts';
import type { StoredObject } from '../store/object-table.ts';
import type { Org } from '../tenancy.ts';
import { isRecord } from '../verbs/check-body.ts';
import { invalidUuid, isUuid, missing } from '../verbs/refusals.ts';

/** The body of a control-plane call; keys with null count as left out. */
export async function readAppBody(context: RequestContext): Promise<Record<string, unknown>> {
  const body = await context.json();
  if (!isRecord(body)) return {};
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

/** The same request with another body and id, so that a control-plane form can use a REST verb. */
export function withBody(context: RequestContext, body: unknown, id?: string): RequestContext {
  return { ...context, params: id === undefined ? context.params : { ...context.params, id }, json: async () => body };
}

/** The org that `org_id` or `org_name` names, else the one of the key. @throws ApiError 400 */
export function appOrg(context: RequestContext, body: Record<string, unknown>): Org {
  const { org_id: id, org_name: name } = body;
  if (id === undefined && name === undefined) return context.org;
  const org = context.orgs.find((candidate) => (id === undefined ? candidate.name === name : candidate.id === id));
  if (org === undefined) throw new ApiError(400, missing('read', 'organization', String(id ?? name)));
  return org;
}

/** A live object of the key's orgs by the `id` of a body. @throws ApiError 400 */
export function appObject(context: RequestContext, kind: string, id: unknown): StoredObject {
  if (!isUuid(id)) throw invalidUuid(['id']);
  const stored = context.world.table(kind).live(id);
  if (stored === undefined || !context.orgs.some((org) => org.id === stored.orgId)) {
    throw new ApiError(400, missing('read', kind, id));
  }
  return stored;
}
