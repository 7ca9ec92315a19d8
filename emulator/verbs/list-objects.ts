import { jsonReply } from '../http/write-reply.ts';
import type { KindDefinition } from '../kinds/kind-definition.ts';
import type { Reply, RequestContext } from '../route.ts';
import type { StoredObject } from '../store/object-table.ts';
import type { Org } from '../tenancy.ts';
import type { World } from '../world.ts';
import { checkValue } from './check-body.ts';
import { listPage, type PageRequest, readPageRequest } from './list-page.ts';
import { presentObject } from './present-object.ts';
import { invalid, invalidUuid, isUuid } from './refusals.ts';

/** GET on a collection: `{objects}`, newest first, with the kind's filters. Unknown query keys are ignored. */
export function listObjects(context: RequestContext, definition: KindDefinition): Reply {
  const found = selectObjects(context, definition);
  return jsonReply({ objects: found.map((stored) => presentObject(context.world, definition, stored)) });
}

export function selectObjects(context: RequestContext, definition: KindDefinition): StoredObject[] {
  const { query } = context;
  const page = readPage(query, definition);
  const keep = objectFilter(query, definition.filters);
  return listPage(context, definition.kind, candidateLists(context, definition), page, keep);
}

function readPage(query: URLSearchParams, definition: KindDefinition): PageRequest {
  if (definition.paging === 'none') return { limit: null, startingAfter: null, endingBefore: null };
  const page = readPageRequest(query, definition.defaultLimit ?? null);
  return definition.paging === 'limit' ? { ...page, startingAfter: null, endingBefore: null } : page;
}

/** The orgs that a list covers: the named one, or all of the key. */
export function coveredOrgs(context: RequestContext): readonly Org[] {
  const isChosen = context.query.has('org_name') || context.headers['x-bt-org-name'] !== undefined;
  return isChosen ? [context.org] : context.orgs;
}

function candidateLists(context: RequestContext, definition: KindDefinition): (readonly StoredObject[])[] {
  const { world } = context;
  const table = world.table(definition.kind);
  const orgs = coveredOrgs(context);
  if (definition.owner === 'project') {
    const projects = projectScope(world, context.query, orgs);
    if (projects !== null) return projects.map((id) => table.ofOwner(id));
  }
  if (definition.owner === 'dataset') {
    const datasetId = context.query.get('dataset_id');
    if (datasetId !== null) return [ownedBy(world, 'dataset', datasetId, orgs) ? table.ofOwner(datasetId) : []];
  }
  if (definition.owner === 'object') {
    const owner = objectScope(context.query, definition);
    if (owner !== null) return [table.ofOwner(owner).filter((stored) => orgs.some((org) => org.id === stored.orgId))];
  }
  const system = definition.system?.(world) ?? [];
  return [...orgs.map((org) => table.ofOrg(org.id)), ...(system.length > 0 ? [system] : [])];
}

/**
 * Projects that project_id and project_name choose, null when neither is there.
 * @throws ApiError 400 for a project_id that is no uuid.
 */
export function projectScope(world: World, query: URLSearchParams, orgs: readonly Org[]): string[] | null {
  const id = query.get('project_id');
  const name = query.get('project_name');
  if (id === null && name === null) return null;
  if (id !== null && !isUuid(id)) throw invalidUuid(['project_id']);
  const chosen =
    id !== null
      ? [world.table('project').live(id)]
      : orgs.map((org) => world.table('project').byKey(JSON.stringify([org.id, name])));
  return chosen.flatMap((project) => {
    if (project === undefined || !orgs.some((org) => org.id === project.orgId)) return [];
    return name === null || project.fields.name === name ? [project.id] : [];
  });
}

function ownedBy(world: World, kind: string, id: string, orgs: readonly Org[]): boolean {
  const orgId = world.table(kind).live(id)?.orgId;
  return orgs.some((org) => org.id === orgId);
}

/** `<object_type>:<object_id>` of the query; null when it does not have to be there and is not. */
function objectScope(query: URLSearchParams, definition: KindDefinition): string | null {
  const type = query.get('object_type');
  const id = query.get('object_id');
  if (!definition.locator && (type === null || id === null)) return null;
  const issue = checkValue(definition.ownerTypes ?? [], type ?? '', ['object_type']);
  if (issue !== null) throw invalid(issue);
  if (!isUuid(id)) throw invalidUuid(['object_id']);
  return `${type}:${id}`;
}

/** A test for `ids` (also `id`) and the given query parameters; several values of one parameter are alternatives. */
export function objectFilter(
  query: URLSearchParams,
  filters: Readonly<Record<string, string>>,
): (stored: StoredObject) => boolean {
  const tests: ((stored: StoredObject) => boolean)[] = [];
  const ids = new Set([...query.getAll('ids'), ...query.getAll('id')]);
  for (const id of ids) if (!isUuid(id)) throw invalidUuid(['ids', 0]);
  if (ids.size > 0) tests.push((stored) => ids.has(stored.id));
  for (const [parameter, field] of Object.entries(filters)) {
    const values = query.getAll(parameter);
    if (values.length > 0) tests.push((stored) => values.includes(String(stored.fields[field] ?? '')));
  }
  return (stored) => tests.every((test) => test(stored));
}
