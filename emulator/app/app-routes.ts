import { jsonReply } from '../http/write-reply.ts';
import type { KindDefinition } from '../kinds/kind-definition.ts';
import { KINDS } from '../kinds/registry.ts';
import type { Reply, RequestContext, Route } from '../route.ts';
import type { StoredObject } from '../store/object-table.ts';
import { deleteObject } from '../verbs/delete-object.ts';
import { selectObjects } from '../verbs/list-objects.ts';
import { patchObject } from '../verbs/patch-object.ts';
import { presentObject } from '../verbs/present-object.ts';
import { invalidUuid, isUuid } from '../verbs/refusals.ts';
import { ensureObject, putObject } from '../verbs/write-object.ts';
import { appOrg, readAppBody, withBody } from './app-context.ts';
import { registerRoutes } from './register-routes.ts';

/** Control-plane twins of the REST verbs: `/api/<kind>/get|register|patch_id|delete_id` (fact sheet 11.2, 11.3). */
export const appRoutes: readonly Route[] = [
  ...registerRoutes,
  ...KINDS.flatMap(twins).filter((route) => !isOwnRoute(route)),
  { method: 'GET', path: '/api/project', auth: 'key', handle: getProject },
];

function twins(definition: KindDefinition): Route[] {
  const base = `/api/${definition.kind}`;
  const routes: Route[] = [
    { method: 'POST', path: `${base}/get`, auth: 'key', handle: (context) => get(context, definition) },
  ];
  const { verbs } = definition;
  if (verbs.includes('create')) {
    routes.push({
      method: 'POST',
      path: `${base}/register`,
      auth: 'key',
      handle: (context) => register(context, definition),
    });
  }
  if (verbs.includes('patch')) {
    routes.push({
      method: 'POST',
      path: `${base}/patch_id`,
      auth: 'key',
      handle: (context) => patch(context, definition),
    });
  }
  if (verbs.includes('delete')) {
    routes.push({
      method: 'POST',
      path: `${base}/delete_id`,
      auth: 'key',
      handle: (context) => remove(context, definition),
    });
  }
  return routes;
}

function isOwnRoute(route: Route): boolean {
  return registerRoutes.some((own) => own.path === route.path);
}

/** A bare array. The body filters as the query of the REST list does; `name` stands for `<kind>_name`. */
async function get(context: RequestContext, definition: KindDefinition): Promise<Reply> {
  const body = await readAppBody(context);
  const org = appOrg(context, body);
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(body)) {
    if (key === 'org_id') continue;
    for (const entry of Array.isArray(value) ? value : [value]) query.append(key, String(entry));
  }
  if (body.name !== undefined) query.append(`${definition.kind}_name`, String(body.name));
  const isNarrowed = body.org_id !== undefined || body.org_name !== undefined;
  const found = selectObjects({ ...context, query, org, orgs: isNarrowed ? [org] : context.orgs }, definition);
  return jsonReply(found.map((stored) => presentObject(context.world, definition, stored)));
}

/** Creates or finds by `<kind>_name`; `update: true` replaces. */
async function register(context: RequestContext, definition: KindDefinition): Promise<Reply> {
  const { [`${definition.kind}_name`]: name, update, org_id: orgId, ...rest } = await readAppBody(context);
  const org = appOrg(context, { ...(orgId === undefined ? {} : { org_id: orgId }) });
  const body = {
    ...rest,
    ...(name === undefined ? {} : { name }),
    ...(definition.owner === 'org' ? { org_name: org.name } : {}),
  };
  const { stored, isNew } = ensureObject(context, definition, body);
  const shown = (object: StoredObject) => presentObject(context.world, definition, object);
  if (isNew || update !== true) return jsonReply({ [definition.kind]: shown(stored), found_existing: !isNew });
  await putObject(withBody(context, body), definition);
  const replaced = context.world.table(definition.kind).live(stored.id) ?? stored;
  return jsonReply({ [definition.kind]: shown(replaced), found_existing: true });
}

async function patch(context: RequestContext, definition: KindDefinition): Promise<Reply> {
  const { id, ...fields } = await readAppBody(context);
  if (!isUuid(id)) throw invalidUuid(['id']);
  return patchObject(withBody(context, fields, id), definition);
}

async function remove(context: RequestContext, definition: KindDefinition): Promise<Reply> {
  const { id, ...locator } = await readAppBody(context);
  if (!isUuid(id)) throw invalidUuid(['id']);
  return deleteObject(withBody(context, locator, id), definition);
}

/** `GET /api/project?id=`: one project. */
async function getProject(context: RequestContext): Promise<Reply> {
  const definition = KINDS.find((candidate) => candidate.kind === 'project');
  const [project] = definition === undefined ? [] : selectObjects(context, definition);
  return jsonReply(
    project === undefined || definition === undefined ? null : presentObject(context.world, definition, project),
  );
}
