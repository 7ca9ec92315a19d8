import { ApiError } from '../api-error.ts';
import { jsonReply } from '../http/write-reply.ts';
import { AI_SECRET } from '../kinds/secrets.ts';
import type { Reply, RequestContext, Route } from '../route.ts';
import { isRecord } from '../verbs/check-body.ts';
import { removeObject } from '../verbs/delete-object.ts';
import { presentObject } from '../verbs/present-object.ts';
import { namedOrg } from '../verbs/resolve-owner.ts';

/** Secrets can be deleted by name; the control plane lists them for a login (fact sheet section 8, 1.3). */
export const secretRoutes: readonly Route[] = [
  { method: 'DELETE', path: '/v1/ai_secret', auth: 'key', handle: deleteByName },
];

async function deleteByName(context: RequestContext): Promise<Reply> {
  const body = await context.json();
  const { name, org_name: orgName } = isRecord(body) ? body : {};
  const org = namedOrg(context, orgName);
  const stored = context.world.table('ai_secret').byKey(JSON.stringify([org.id, name ?? null]));
  if (stored === undefined) {
    throw new ApiError(
      400,
      `Missing delete access to ai_secret named ${String(name)}, or the ai_secret does not exist`,
    );
  }
  return jsonReply(presentObject(context.world, AI_SECRET, removeObject(context.world, AI_SECRET, stored)));
}
