import { randomUUID } from 'node:crypto';
import { parseXact, type Xact } from '../encoding/xact.ts';
import type { Fields, StoredObject } from '../store/object-table.ts';
import type { World } from '../world.ts';

/**
 * Prompts and functions: one table whose every write is a version (fact sheet 2.3).
 * Table `prompt` holds the newest version of each; `prompt_version` every version, tombstones included, owned by the prompt id.
 * `created` is the write time of the version, so a write moves the object to the head of lists.
 */
export interface PromptWrite {
  /** Null mints an id. */
  readonly id: string | null;
  readonly orgId: string;
  readonly projectId: string;
  readonly slug: string;
  /** name, description, prompt_data, function_data, tags, metadata, function_type, origin, function_schema. */
  readonly content: Fields;
  /** `merge` for PATCH. */
  readonly action: 'upsert' | 'merge';
  /** Several writes of one request share one transaction. */
  readonly xact: Xact;
}

export const PROMPT_KEYS = [
  'id',
  '_xact_id',
  'project_id',
  'log_id',
  'org_id',
  'name',
  'slug',
  'description',
  'created',
  'prompt_data',
  'tags',
  'metadata',
  'function_type',
  'function_data',
  'origin',
  'function_schema',
] as const;

export function promptBySlug(world: World, projectId: string, slug: string): StoredObject | undefined {
  return world.table('prompt').byKey(slugKey(projectId, slug));
}

/** Writes the newest version and returns it. */
export function writePrompt(world: World, write: PromptWrite): StoredObject {
  const id = write.id ?? randomUUID();
  const created = world.clock.iso();
  const fields: Fields = {};
  for (const key of PROMPT_KEYS) fields[key] = write.content[key] ?? null;
  fields.function_data ??= { type: 'prompt' };
  Object.assign(fields, {
    id,
    _xact_id: write.xact.toString(),
    project_id: write.projectId,
    log_id: 'p',
    org_id: write.orgId,
    slug: write.slug,
    created,
  });
  const stored: StoredObject = {
    id,
    orgId: write.orgId,
    ownerId: write.projectId,
    created,
    uniqueKey: slugKey(write.projectId, write.slug),
    deleted: false,
    fields,
  };
  addVersion(world, stored, write.action);
  return world.table('prompt').put(stored);
}

/** Writes a tombstone and returns it as the API shows it. */
export function deletePrompt(world: World, prompt: StoredObject): Fields {
  const created = world.clock.iso();
  const xact = world.nextXact().toString();
  const tombstone: Fields = {
    log_id: 'p',
    project_id: prompt.ownerId,
    slug: prompt.fields.slug,
    id: prompt.id,
    created,
    org_id: prompt.orgId,
    _object_delete: true,
    _xact_id: xact,
  };
  addVersion(world, { ...prompt, created, deleted: true, fields: tombstone }, 'upsert');
  world.table('prompt').put({ ...prompt, deleted: true, fields: { ...prompt.fields, _xact_id: xact } });
  return tombstone;
}

/** The version that was newest at a transaction; undefined when there was none, or a tombstone. */
export function promptAt(world: World, promptId: string, version: Xact): Fields | undefined {
  let found: Fields | undefined;
  for (const stored of promptVersions(world, promptId)) {
    const xact = parseXact(String(stored.fields._xact_id));
    if (xact !== null && xact <= version) found = stored.fields;
  }
  return found?._object_delete === true ? undefined : found;
}

/** All versions of a prompt, oldest first. */
export function promptVersions(world: World, promptId: string): readonly StoredObject[] {
  return world.table('prompt_version').ofOwner(promptId);
}

/** True when the row is listed as a prompt and not only as a function. */
export function isPrompt(world: World, fields: Fields): boolean {
  const data = fields.function_data as { type?: unknown } | null | undefined;
  if (data?.type !== 'prompt') return false;
  const isTyped = fields.function_type !== null && fields.function_type !== 'prompt';
  return world.switches.promptListShowsTyped || !isTyped;
}

function addVersion(world: World, stored: StoredObject, action: 'upsert' | 'merge'): void {
  const id = `${stored.id}:${String(stored.fields._xact_id)}`;
  world
    .table('prompt_version')
    .put({ ...stored, id, ownerId: stored.id, uniqueKey: null, deleted: false, hidden: { action } });
}

function slugKey(projectId: string, slug: string): string {
  return JSON.stringify([projectId, slug]);
}
