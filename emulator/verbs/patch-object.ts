import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../api-error.ts';
import { jsonReply } from '../http/write-reply.ts';
import type { KindDefinition } from '../kinds/kind-definition.ts';
import type { Reply, RequestContext } from '../route.ts';
import type { Fields, StoredObject } from '../store/object-table.ts';
import { checkBody } from './check-body.ts';
import { checkReferences } from './check-references.ts';
import { locateObject } from './locate-object.ts';
import { mergeValue } from './merge-fields.ts';
import { orderJsonb } from './order-jsonb.ts';
import { presentObject } from './present-object.ts';
import { splitSecret } from './split-secret.ts';
import { uniqueKeyOf } from './write-object.ts';

/** PATCH: objects are merged, arrays replaced, nothing is removed, null is ignored; a field rule may say otherwise. */
export async function patchObject(context: RequestContext, definition: KindDefinition): Promise<Reply> {
  const { world } = context;
  const body = await context.json();
  const stored = locateObject(context, definition, 'update', body);
  const sent = checkBody(definition, body, 'patch');
  const org = world.tenants.org(stored.orgId) ?? context.org;
  checkReferences(world, org, definition, sent);
  const composed = merge(context, definition, stored, sent);
  definition.check?.(composed, { world, org, orgs: context.orgs, user: context.user });
  const { fields, hidden } = splitSecret(context, definition, composed, stored);
  if ('updated_at' in fields) fields.updated_at = world.clock.iso();
  const uniqueKey = uniqueKeyOf(definition, stored.ownerId, fields);
  const holder = uniqueKey === null ? undefined : world.table(definition.kind).byKey(uniqueKey);
  if (holder !== undefined && holder.id !== stored.id) throw taken(definition, fields);
  const patched = world.table(definition.kind).put({ ...stored, uniqueKey, fields, hidden });
  return jsonReply(presentObject(world, definition, patched));
}

function merge(context: RequestContext, definition: KindDefinition, stored: StoredObject, sent: Fields): Fields {
  const depth = context.world.switches.patchMerge;
  const fields: Fields = { ...stored.fields };
  for (const [name, rule] of Object.entries(definition.fields)) {
    if (rule.set) {
      fields[name] = changeSet(fields[name], sent[`add_${name}`], sent[`remove_${name}`]);
      continue;
    }
    const value = sent[name];
    if (value === undefined) continue;
    if (value === null) {
      if (rule.nullClears || context.world.switches.patchNullClears) fields[name] = null;
      continue;
    }
    fields[name] = orderJsonb(rule.whole ? value : mergeValue(fields[name], value, depth));
  }
  return fields;
}

/** Removes, then adds what is not there yet; null stays null when nothing was asked. */
function changeSet(stored: unknown, added: unknown, removed: unknown): unknown {
  if (!Array.isArray(added) && !Array.isArray(removed)) return stored;
  const gone: unknown[] = Array.isArray(removed) ? removed : [];
  const kept = (Array.isArray(stored) ? stored : []).filter((entry) => !gone.some((other) => isSame(entry, other)));
  for (const entry of Array.isArray(added) ? added : []) {
    if (!kept.some((other) => isSame(entry, other))) kept.push(entry);
  }
  return kept;
}

/** Equal apart from keys that are null on one side and absent on the other. */
function isSame(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(withoutNulls(a), withoutNulls(b));
}

function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== null));
}

function taken(definition: KindDefinition, fields: Fields): ApiError {
  const key = (definition.uniqueBy ?? []).map((name) => `${name} ${JSON.stringify(fields[name])}`).join(', ');
  return new ApiError(400, `A ${definition.kind} with ${key} already exists`);
}
