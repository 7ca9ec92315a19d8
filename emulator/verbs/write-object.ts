import { randomUUID } from 'node:crypto';
import { jsonReply } from '../http/write-reply.ts';
import type { Draft, KindDefinition, WriteScope } from '../kinds/kind-definition.ts';
import type { Reply, RequestContext } from '../route.ts';
import type { Fields, StoredObject } from '../store/object-table.ts';
import { checkBody, isRecord } from './check-body.ts';
import { checkReferences } from './check-references.ts';
import { orderJsonb } from './order-jsonb.ts';
import { presentObject } from './present-object.ts';
import { type Owner, resolveOwner } from './resolve-owner.ts';
import { splitSecret } from './split-secret.ts';

interface Checked {
  readonly owner: Owner;
  readonly sent: Fields;
  readonly scope: WriteScope;
}

/**
 * POST creates; on a taken key it answers 200 with the object that is there, unmodified, and says so in
 * x-bt-found-existing only for some kinds (fact sheet 2.1, 1.4).
 */
export async function createObject(context: RequestContext, definition: KindDefinition): Promise<Reply> {
  const { stored, isNew } = ensureObject(context, definition, await context.json());
  const isMarked = !isNew && context.world.switches.foundExistingKinds.includes(definition.kind);
  return jsonReply(presentObject(context.world, definition, stored), isMarked ? { 'x-bt-found-existing': 'true' } : {});
}

/** The create path without HTTP: finds or makes the object that a body describes. */
export function ensureObject(
  context: RequestContext,
  definition: KindDefinition,
  body: unknown,
): { stored: StoredObject; isNew: boolean } {
  const checked = check(context, definition, body);
  const draft = createDraft(context, checked);
  const settled = definition.settle?.(draft, checked.scope) ?? draft.fields;
  if (isStored(settled)) return { stored: settled, isNew: false };
  const known = findTaken(context, definition, checked.owner.ownerId, settled);
  if (known !== undefined) return { stored: known, isNew: false };
  return { stored: insert(context, definition, { ...draft, fields: settled }, checked), isNew: true };
}

/** PUT creates, or replaces the object with the same key: id and created stay, fields left out are reset (fact sheet 2.5). */
export async function putObject(context: RequestContext, definition: KindDefinition): Promise<Reply> {
  const checked = check(context, definition, await context.json());
  const draft = createDraft(context, checked);
  const known = findTaken(context, definition, checked.owner.ownerId, checked.sent);
  if (known === undefined) {
    return jsonReply(presentObject(context.world, definition, insert(context, definition, draft, checked)));
  }
  const kept: Draft = { ...draft, id: known.id, created: known.created };
  const fields = compose(definition, kept, checked);
  for (const key of definition.shape) {
    if (!(key in definition.fields) && known.fields[key] !== undefined) fields[key] = known.fields[key];
  }
  const replaced = store(context, definition, kept, checked.owner, fields, known);
  return jsonReply(presentObject(context.world, definition, replaced));
}

/** Text under which a live object is found again; null when the kind has no such rule. */
export function uniqueKeyOf(definition: KindDefinition, ownerId: string, fields: Fields): string | null {
  if (definition.uniqueBy === null) return null;
  return JSON.stringify([ownerId, ...definition.uniqueBy.map((name) => fields[name] ?? null)]);
}

function check(context: RequestContext, definition: KindDefinition, body: unknown): Checked {
  const sent = checkBody(definition, body, 'create');
  const owner = resolveOwner(context, definition, isRecord(body) ? body : {});
  const scope = { world: context.world, org: owner.org, orgs: context.orgs, user: context.user };
  checkReferences(context.world, owner.org, definition, sent);
  definition.check?.({ ...owner.fields, ...sent }, scope);
  return { owner, sent, scope };
}

function createDraft(context: RequestContext, { owner, sent }: Checked): Draft {
  return { fields: sent, ownerId: owner.ownerId, created: context.world.clock.iso(), id: randomUUID() };
}

function findTaken(
  context: RequestContext,
  definition: KindDefinition,
  ownerId: string,
  fields: Fields,
): StoredObject | undefined {
  const key = uniqueKeyOf(definition, ownerId, fields);
  return key === null ? undefined : context.world.table(definition.kind).byKey(key);
}

function insert(context: RequestContext, definition: KindDefinition, draft: Draft, checked: Checked): StoredObject {
  const server = definition.server?.(draft, checked.scope) ?? {};
  const fields = { ...compose(definition, draft, checked), ...server };
  return store(context, definition, draft, checked.owner, fields, null);
}

/** All modelled fields, with initial values for what was not sent. */
function compose(definition: KindDefinition, draft: Draft, { owner }: Checked): Fields {
  const fields: Fields = { id: draft.id, ...owner.fields, created: draft.created };
  for (const [name, rule] of Object.entries(definition.fields)) {
    if (!rule.secret && !definition.shape.includes(name)) continue;
    fields[name] = orderJsonb(draft.fields[name] ?? rule.initial ?? null);
  }
  return fields;
}

function store(
  context: RequestContext,
  definition: KindDefinition,
  draft: Draft,
  owner: Owner,
  composed: Fields,
  known: StoredObject | null,
): StoredObject {
  const { fields, hidden } = splitSecret(context, definition, composed, known);
  return context.world.table(definition.kind).put({
    id: draft.id,
    orgId: owner.org.id,
    ownerId: owner.ownerId,
    created: draft.created,
    uniqueKey: uniqueKeyOf(definition, owner.ownerId, fields),
    deleted: false,
    fields,
    hidden,
  });
}

function isStored(settled: StoredObject | Fields): settled is StoredObject {
  return typeof settled.uniqueKey === 'string' && isRecord(settled.fields);
}
