import { ApiError } from '../api-error.ts';
import type { KindDefinition } from '../kinds/kind-definition.ts';
import type { RequestContext } from '../route.ts';
import type { Fields } from '../store/object-table.ts';
import type { Org } from '../tenancy.ts';
import { checkValue } from './check-body.ts';
import { findVisible } from './find-object.ts';
import { invalid, invalidUuid, isUuid, missing } from './refusals.ts';

export interface Owner {
  readonly org: Org;
  readonly ownerId: string;
  /** The fields that name the owner. */
  readonly fields: Fields;
}

/**
 * Finds what a new object belongs to.
 * @throws ApiError 400 when the body names no owner, or one that is not there for this key.
 */
export function resolveOwner(
  context: RequestContext,
  definition: KindDefinition,
  body: Record<string, unknown>,
): Owner {
  if (definition.owner === 'org') {
    const org = namedOrg(context, body.org_name);
    return { org, ownerId: org.id, fields: { org_id: org.id } };
  }
  if (definition.owner === 'object') return objectOwner(context, definition, body);
  const field = `${definition.owner}_id`;
  const id = body[field];
  if (!isUuid(id)) throw typeof id === 'string' ? invalidUuid([field]) : requiredText(field, id);
  const owner = findVisible(context.world, context.orgs, definition.owner, id);
  const org = owner === undefined ? undefined : context.world.tenants.org(owner.orgId);
  if (org === undefined) throw new ApiError(400, missing('read', definition.owner, id));
  return { org, ownerId: id, fields: { [field]: id } };
}

/** The org that a body names; a key of several orgs must name one (fact sheet 1.2). */
export function namedOrg(context: RequestContext, name: unknown): Org {
  if (typeof name === 'string' && name !== '') {
    const org = context.orgs.find((candidate) => candidate.name === name);
    if (org !== undefined) return org;
    throw new ApiError(400, `Missing read access to organization named ${name}, or the organization does not exist`);
  }
  const isChosen = context.headers['x-bt-org-name'] !== undefined || context.query.has('org_name');
  if (context.orgs.length > 1 && !isChosen) {
    throw new ApiError(400, 'org_name is required, because the API key belongs to several organizations');
  }
  return context.org;
}

function objectOwner(context: RequestContext, definition: KindDefinition, body: Record<string, unknown>): Owner {
  const { object_type: type, object_id: id } = body;
  const issue = checkValue(definition.ownerTypes ?? [], type ?? '', ['object_type']);
  if (issue !== null) throw invalid(issue);
  if (!isUuid(id)) throw typeof id === 'string' ? invalidUuid(['object_id']) : requiredText('object_id', id);
  const owner = findVisible(context.world, context.orgs, String(type), id);
  const org = owner === undefined ? undefined : context.world.tenants.org(owner.orgId);
  if (org === undefined) throw new ApiError(400, missing('read', String(type), id));
  return { org, ownerId: `${String(type)}:${id}`, fields: { object_type: type, object_id: id } };
}

function requiredText(field: string, value: unknown): ApiError {
  const issue = checkValue('text', value, [field]);
  return issue === null ? invalidUuid([field]) : invalid(issue);
}
