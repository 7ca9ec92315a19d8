import { ApiError } from '../api-error.ts';
import type { KindDefinition } from '../kinds/kind-definition.ts';
import type { RequestContext } from '../route.ts';
import type { StoredObject } from '../store/object-table.ts';
import { checkValue, isRecord } from './check-body.ts';
import { invalid, invalidUuid, isUuid, missing } from './refusals.ts';

/**
 * The live object that a path names. Reading what is not there is 403 JSON, writing to it 400 text (fact sheet 1.5).
 * @throws ApiError 400, 403
 */
export function locateObject(
  context: RequestContext,
  definition: KindDefinition,
  access: 'read' | 'update' | 'delete',
  locator: unknown,
): StoredObject {
  const id = context.params.id ?? '';
  if (!isUuid(id)) throw invalidUuid(['id', 0]);
  const stored = context.world.table(definition.kind).live(id) ?? systemObject(context, definition, id);
  const isVisible =
    stored !== undefined && (stored.orgId === '' || context.orgs.some((org) => org.id === stored.orgId));
  if (!isVisible || (definition.locator === 'always' && stored.ownerId !== ownerOf(definition, locator))) {
    const text = missing(access, definition.kind, id);
    throw access === 'read' ? new ApiError(403, text, 'json') : new ApiError(400, text);
  }
  if (access !== 'read' && stored.fields.org_id === null) {
    throw new ApiError(403, `A built-in ${definition.kind} cannot be changed`, 'json');
  }
  return stored;
}

function systemObject(context: RequestContext, definition: KindDefinition, id: string): StoredObject | undefined {
  return definition.system?.(context.world).find((stored) => stored.id === id);
}

/** `<object_type>:<object_id>` of a query or body. @throws ApiError 400 when it is not there. */
function ownerOf(definition: KindDefinition, locator: unknown): string {
  const { object_type: type, object_id: id } = isRecord(locator) ? locator : {};
  const issue = checkValue(definition.ownerTypes ?? [], type ?? '', ['object_type']);
  if (issue !== null) throw invalid(issue);
  if (!isUuid(id)) throw invalidUuid(['object_id']);
  return `${String(type)}:${id}`;
}
