import { ApiError } from '../api-error.ts';
import { jsonReply } from '../http/write-reply.ts';
import type { KindDefinition } from '../kinds/kind-definition.ts';
import type { Reply, RequestContext, Route } from '../route.ts';
import type { Fields, StoredObject } from '../store/object-table.ts';
import { checkBody, isRecord } from '../verbs/check-body.ts';
import { coveredOrgs, objectFilter, projectScope } from '../verbs/list-objects.ts';
import { listPage, readPageRequest } from '../verbs/list-page.ts';
import { mergeValue } from '../verbs/merge-fields.ts';
import { invalidUuid, isUuid, missing } from '../verbs/refusals.ts';
import { refuseForeignIds } from '../verbs/refuse-foreign-ids.ts';
import { resolveOwner } from '../verbs/resolve-owner.ts';
import { assignEnvironments } from './assign-environments.ts';
import { pinnedVersion } from './pinned-version.ts';
import { FUNCTION, PROMPT } from './prompt-kinds.ts';
import { deletePrompt, isPrompt, promptBySlug, writePrompt } from './prompt-table.ts';

/** The verbs of /v1/prompt and /v1/function on their one table. */
export const promptRoutes: readonly Route[] = [PROMPT, FUNCTION].flatMap((face): Route[] => [
  { method: 'GET', path: face.path, auth: 'key', handle: (context) => list(context, face) },
  { method: 'GET', path: `${face.path}/:id`, auth: 'key', handle: (context) => get(context, face) },
  { method: 'POST', path: face.path, auth: 'key', handle: (context) => write(context, face, 'POST') },
  { method: 'PUT', path: face.path, auth: 'key', handle: (context) => write(context, face, 'PUT') },
  { method: 'PATCH', path: `${face.path}/:id`, auth: 'key', handle: (context) => patch(context, face) },
  { method: 'DELETE', path: `${face.path}/:id`, auth: 'key', handle: remove },
]);

/** Lists functions (prompts included) or prompts only. With a version or environment the list must name one object. */
function list(context: RequestContext, face: KindDefinition): Reply {
  const { world, query } = context;
  const orgs = coveredOrgs(context);
  const table = world.table('prompt');
  const projects = projectScope(world, query, orgs);
  const lists = projects === null ? orgs.map((org) => table.ofOrg(org.id)) : projects.map((id) => table.ofOwner(id));
  const filter = objectFilter(query, face.filters);
  const keep = (stored: StoredObject): boolean =>
    filter(stored) && (face === FUNCTION || isPrompt(world, stored.fields));
  const found = listPage(context, 'prompt', lists, readPageRequest(query, null), keep);
  if (!query.has('version') && !query.has('environment')) {
    return jsonReply({ objects: found.map((stored) => shape(face, stored.fields)) });
  }
  if (found.length > 1) {
    throw new ApiError(
      400,
      `version and environment need a filter that matches one ${face.kind}, this one matches ${found.length}`,
      'json',
    );
  }
  return jsonReply({ objects: found.map((stored) => shape(face, pinnedVersion(context, face.kind, stored))) });
}

function get(context: RequestContext, face: KindDefinition): Reply {
  const stored = find(context);
  if (stored === undefined) {
    const label = face === FUNCTION ? 'Function' : 'Prompt';
    throw new ApiError(400, `${label} does not exist or you do not have access`, 'json');
  }
  return jsonReply(shape(face, pinnedVersion(context, face.kind, stored)));
}

/**
 * POST and PUT write a version and echo what was sent. On a taken slug the id stays; whether POST also replaces
 * the content is a switch (fact sheet 13.2).
 */
async function write(context: RequestContext, face: KindDefinition, method: 'POST' | 'PUT'): Promise<Reply> {
  const { world } = context;
  const body = await context.json();
  const { environment_slugs: environments, ...content } = checkBody(face, body, 'create');
  const owner = resolveOwner(context, face, isRecord(body) ? body : {});
  refuseForeignIds(world, owner.org, content);
  const slug = String(content.slug);
  const known = promptBySlug(world, owner.ownerId, slug);
  const isKept = known !== undefined && method === 'POST' && !world.switches.functionPostOverwrites;
  const stored = writePrompt(world, {
    id: known?.id ?? null,
    orgId: owner.org.id,
    projectId: owner.ownerId,
    slug,
    content: isKept ? known.fields : content,
    action: 'upsert',
    xact: world.nextXact(),
  });
  assignEnvironments(context, owner.org, stored, environments);
  return jsonReply(echo(stored, content));
}

async function patch(context: RequestContext, face: KindDefinition): Promise<Reply> {
  const { world } = context;
  const body = await context.json();
  const stored = find(context);
  if (stored === undefined) throw new ApiError(400, missing('update', 'prompt', context.params.id ?? ''));
  const sent = checkBody(face, body, 'patch');
  refuseForeignIds(world, world.tenants.org(stored.orgId) ?? context.org, sent);
  const slug = String(sent.slug ?? stored.fields.slug);
  const holder = promptBySlug(world, stored.ownerId, slug);
  if (holder !== undefined && holder.id !== stored.id) {
    throw new ApiError(400, `A prompt or function with slug ${JSON.stringify(slug)} already exists`);
  }
  const content: Fields = { ...stored.fields };
  for (const [key, value] of Object.entries(sent)) {
    if (value !== null) content[key] = mergeValue(content[key], value, world.switches.patchMerge);
    else if (world.switches.patchNullClears) content[key] = null;
  }
  const { id, orgId, ownerId } = stored;
  const written = writePrompt(world, {
    id,
    orgId,
    projectId: ownerId,
    slug,
    content,
    action: 'merge',
    xact: world.nextXact(),
  });
  return jsonReply(shape(face, written.fields));
}

function remove(context: RequestContext): Reply {
  const stored = find(context);
  if (stored === undefined) throw new ApiError(400, missing('delete', 'prompt', context.params.id ?? ''));
  return jsonReply(deletePrompt(context.world, stored));
}

function find(context: RequestContext): StoredObject | undefined {
  const id = context.params.id ?? '';
  if (!isUuid(id)) throw invalidUuid(['id', 0]);
  const stored = context.world.table('prompt').live(id);
  return stored !== undefined && context.orgs.some((org) => org.id === stored.orgId) ? stored : undefined;
}

function shape(face: KindDefinition, fields: Fields): Fields {
  return Object.fromEntries(face.shape.map((key) => [key, fields[key] ?? null]));
}

/** What was sent between the keys of the row and what the server added, in the recorded order. */
function echo(stored: StoredObject, content: Fields): Fields {
  const { fields } = stored;
  return {
    log_id: 'p',
    project_id: stored.ownerId,
    slug: fields.slug,
    ...content,
    id: stored.id,
    created: fields.created,
    org_id: stored.orgId,
    _xact_id: fields._xact_id,
  };
}
