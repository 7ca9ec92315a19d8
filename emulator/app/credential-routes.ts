import { randomBytes } from 'node:crypto';
import { ApiError } from '../api-error.ts';
import { jsonReply } from '../http/write-reply.ts';
import { API_KEY, SERVICE_TOKEN } from '../kinds/credentials.ts';
import type { KindDefinition } from '../kinds/kind-definition.ts';
import type { Reply, RequestContext, Route } from '../route.ts';
import type { ObjectTable } from '../store/object-table.ts';
import { isRecord } from '../verbs/check-body.ts';
import { removeObject } from '../verbs/delete-object.ts';
import { presentObject } from '../verbs/present-object.ts';
import { extraneous, invalid, isUuid, missing } from '../verbs/refusals.ts';
import { namedOrg } from '../verbs/resolve-owner.ts';

/** Making keys. A key is in the answer once and can never be read again (fact sheet section 8). */
export const credentialRoutes: readonly Route[] = [
  { method: 'POST', path: '/v1/api_key', auth: 'key', handle: createApiKey },
  { method: 'POST', path: '/v1/service_token', auth: 'key', handle: createServiceToken },
  { method: 'PUT', path: '/v1/service_token', auth: 'key', handle: createServiceToken },
  { method: 'DELETE', path: '/v1/service_token', auth: 'key', handle: deleteServiceToken },
];

async function createApiKey(context: RequestContext): Promise<Reply> {
  const body = readBody(await context.json(), ['name', 'org_name']);
  const org = namedOrg(context, body.org_name);
  return issue(context, context.world.tenants.apiKeys, API_KEY, 'sk-', context.user.id, org.id, String(body.name));
}

/** Only a service token may make service tokens; user keys are refused. */
async function createServiceToken(context: RequestContext): Promise<Reply> {
  const { tenants } = context.world;
  const bearer = context.headers.authorization?.replace(/^Bearer\s+/i, '') ?? '';
  if (tenants.serviceTokens.byKey(bearer) === undefined) {
    throw new ApiError(403, 'Service tokens can only be created with an owner-level service token', 'json');
  }
  const body = readBody(await context.json(), ['name', 'service_account_id', 'org_name']);
  const org = namedOrg(context, body.org_name);
  const accountId = String(body.service_account_id);
  if (!tenants.isMember(org.id, accountId)) throw new ApiError(400, missing('read', 'user', accountId));
  const known = tenants.serviceTokens
    .ofOwner(accountId)
    .find((token) => token.fields.name === body.name && token.orgId === org.id);
  if (known !== undefined && context.path === SERVICE_TOKEN.path) tenants.serviceTokens.remove(known.id);
  return issue(context, tenants.serviceTokens, SERVICE_TOKEN, 'bt-st-', accountId, org.id, String(body.name));
}

async function deleteServiceToken(context: RequestContext): Promise<Reply> {
  const body = await context.json();
  const id = isRecord(body) ? String(body.id) : '';
  const stored = isUuid(id) ? context.world.tenants.serviceTokens.live(id) : undefined;
  if (stored === undefined || !context.orgs.some((org) => org.id === stored.orgId)) {
    throw new ApiError(400, missing('delete', 'service_token', id));
  }
  removeObject(context.world, SERVICE_TOKEN, stored);
  return jsonReply(presentObject(context.world, SERVICE_TOKEN, stored));
}

function issue(
  { world }: RequestContext,
  table: ObjectTable,
  definition: KindDefinition,
  prefix: string,
  userId: string,
  orgId: string,
  name: string,
): Reply {
  const key = `${prefix}${randomBytes(24).toString('base64url')}`;
  const { id } = world.tenants.addKey(key, userId, [orgId], name, table);
  const stored = table.live(String(id));
  if (stored === undefined) throw new ApiError(500, 'key not stored', 'json');
  return jsonReply({ ...presentObject(world, definition, stored), key });
}

function readBody(body: unknown, allowed: readonly string[]): Record<string, unknown> {
  const record = isRecord(body) ? body : {};
  const unknown = Object.keys(record).filter((key) => !allowed.includes(key));
  if (unknown.length > 0) throw extraneous(unknown);
  for (const key of allowed) {
    if (key === 'org_name' || typeof record[key] === 'string') continue;
    throw invalid({
      code: 'invalid_type',
      expected: 'string',
      received: 'undefined',
      message: 'Required',
      path: [key],
    });
  }
  return record;
}
