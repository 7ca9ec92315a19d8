import { ApiError } from '../api-error.ts';
import { parseVersion } from '../encoding/pretty-version.ts';
import { jsonReply } from '../http/write-reply.ts';
import { assignEnvironment, findAssignment, isAssigned } from '../prompts/assign-environments.ts';
import { promptAt } from '../prompts/prompt-table.ts';
import type { Reply, RequestContext, Route } from '../route.ts';
import type { StoredObject } from '../store/object-table.ts';
import { isRecord } from '../verbs/check-body.ts';
import { findVisible } from '../verbs/find-object.ts';
import { invalid, invalidUuid, isUuid, missing } from '../verbs/refusals.ts';

const PATH = '/environment-object/:type/:id';

/** Which version of an object an environment uses; hidden but used by the clients (fact sheet 2.3, environment). */
export const environmentObjectRoutes: readonly Route[] = [
  { method: 'GET', path: PATH, auth: 'key', handle: list },
  { method: 'GET', path: `${PATH}/:slug`, auth: 'key', handle: get },
  { method: 'PUT', path: `${PATH}/:slug`, auth: 'key', handle: put },
  { method: 'DELETE', path: `${PATH}/:slug`, auth: 'key', handle: remove },
];

function list(context: RequestContext): Reply {
  const target = locate(context);
  const { world } = context;
  const found = world
    .table('environment_object')
    .ofOwner(target.id)
    .filter((stored) => isAssigned(world, stored));
  return jsonReply({ objects: found.map((stored) => stored.fields).reverse() });
}

function get(context: RequestContext): Reply {
  return jsonReply(findOne(context, locate(context)).fields);
}

/** Assigns a version. Prompts must have it; versions of datasets are not looked up. */
async function put(context: RequestContext): Promise<Reply> {
  const { world, params } = context;
  const target = locate(context);
  const org = world.tenants.org(target.orgId) ?? context.org;
  const body = await context.json();
  const version = isRecord(body) ? body.object_version : undefined;
  if (typeof version !== 'string') {
    throw invalid({
      code: 'invalid_type',
      expected: 'string',
      received: 'undefined',
      message: 'Required',
      path: ['object_version'],
    });
  }
  const xact = parseVersion(version);
  if (xact === null) throw new ApiError(400, `Invalid object_version: ${version}`, 'json');
  if (params.type !== 'dataset' && promptAt(world, target.id, xact) === undefined) {
    throw new ApiError(400, `${params.type} ${target.id} has no version ${version}`, 'json');
  }
  const assigned = { objectType: params.type ?? '', objectId: target.id, version: xact.toString() };
  return jsonReply(assignEnvironment(world, org, assigned, params.slug ?? '').fields);
}

function remove(context: RequestContext): Reply {
  const stored = findOne(context, locate(context));
  context.world.table('environment_object').remove(stored.id);
  return jsonReply(stored.fields);
}

function findOne({ world, params }: RequestContext, target: StoredObject): StoredObject {
  const stored = findAssignment(world, target.id, params.slug ?? '');
  if (stored !== undefined) return stored;
  throw new ApiError(400, `Environment ${params.slug} is not assigned to ${params.type} ${target.id}`, 'json');
}

function locate({ world, orgs, params }: RequestContext): StoredObject {
  const { type = '', id = '' } = params;
  if (!isUuid(id)) throw invalidUuid(['object_id']);
  const objectType = type === 'parameters' ? 'prompt' : type;
  const stored = ['prompt', 'function', 'dataset'].includes(objectType)
    ? findVisible(world, orgs, objectType, id)
    : undefined;
  if (stored === undefined) throw new ApiError(403, missing('read', type, id), 'json');
  return stored;
}
