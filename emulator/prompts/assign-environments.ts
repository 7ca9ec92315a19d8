import { randomUUID } from 'node:crypto';
import { ApiError } from '../api-error.ts';
import type { RequestContext } from '../route.ts';
import type { StoredObject } from '../store/object-table.ts';
import type { Org } from '../tenancy.ts';
import type { World } from '../world.ts';

/** The environment of an org by slug. */
function findEnvironment(world: World, orgId: string, slug: string): StoredObject | undefined {
  return world.table('environment').byKey(JSON.stringify([orgId, slug]));
}

/** The assignment of an object to an environment. Object ids are unique over types, so the type is not part of the key. */
export function findAssignment(world: World, objectId: string, slug: string): StoredObject | undefined {
  const stored = world.table('environment_object').byKey(JSON.stringify([objectId, slug]));
  return stored !== undefined && isAssigned(world, stored) ? stored : undefined;
}

/** False once the environment has been deleted. */
export function isAssigned(world: World, assignment: StoredObject): boolean {
  return world.table('environment').live(String(assignment.fields.environment_id)) !== undefined;
}

/**
 * Points an environment at a version of an object.
 * @throws ApiError 400 for an environment that the org does not have.
 */
export function assignEnvironment(
  world: World,
  org: Org,
  target: { objectType: string; objectId: string; version: string },
  slug: string,
): StoredObject {
  const environment = findEnvironment(world, org.id, slug);
  if (environment === undefined) throw new ApiError(400, `Environment ${slug} does not exist`, 'json');
  const known = findAssignment(world, target.objectId, slug);
  const id = known?.id ?? randomUUID();
  const created = world.clock.iso();
  const fields = {
    id,
    object_type: target.objectType,
    object_id: target.objectId,
    object_version: target.version,
    environment_slug: slug,
    environment_id: environment.id,
    created,
  };
  const uniqueKey = JSON.stringify([target.objectId, slug]);
  return world.table('environment_object').put({
    id,
    orgId: org.id,
    ownerId: target.objectId,
    created,
    uniqueKey,
    deleted: false,
    fields,
  });
}

/** The undocumented `environment_slugs` of a prompt write: the new version goes to each of them. */
export function assignEnvironments(context: RequestContext, org: Org, prompt: StoredObject, slugs: unknown): void {
  const target = { objectType: 'prompt', objectId: prompt.id, version: String(prompt.fields._xact_id) };
  for (const slug of Array.isArray(slugs) ? slugs : []) assignEnvironment(context.world, org, target, String(slug));
}
