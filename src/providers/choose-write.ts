import { equalJson, isArray, isObject, type Json, type JsonObject, ownValue, setKey } from '../domain/json.ts';
import type { ProviderDefinition } from './define-provider.ts';
import { copyObject } from './field-path.ts';
import { sealMarkers, unsealMarkers } from './seal-markers.ts';

/** How the difference between what the destination holds and what it should hold can be written. */
export interface ChosenWrite {
  /** `none`: nothing of it can be written. */
  readonly method: 'PATCH' | 'PUT' | 'none';
  /** Top-level fields to send (PATCH); PUT sends all. */
  readonly fields: readonly string[];
  /** Paths whose removal the API cannot express (fact sheet 10.1 no. 4). */
  readonly cannotClear: readonly string[];
  /** Fields that differ and can never change. */
  readonly immutable: readonly string[];
}

/**
 * Decides how to write an update: PATCH while it only adds or replaces, PUT when something must disappear or only PUT
 * takes the field, and what remains impossible otherwise. Both arguments are in comparable form.
 */
export function chooseWrite(definition: ProviderDefinition, held: JsonObject, wanted: JsonObject): ChosenWrite {
  const before = sealMarkers(definition, held);
  const after = sealMarkers(definition, wanted);
  const rules = definition.writes ?? {};
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((field) => !equalJson(before[field], after[field]))
    .sort();
  const immutable = changed.filter((field) => rules.immutable?.includes(field));
  const writable = changed.filter((field) => !immutable.includes(field));
  const removals = new Map(writable.map((field) => [field, removedPaths(definition, field, before, after)]));
  const putOnly = writable.some((field) => rules.putOnly?.includes(field));
  const clears = writable.some((field) => (removals.get(field) ?? []).length > 0);
  const keyMoved = definition.key.some((field) => changed.includes(field));

  // PUT finds the object by its key, so it cannot also change the key.
  if (rules.put === true && !keyMoved && (putOnly || clears || rules.patch === false)) {
    return { method: writable.length > 0 ? 'PUT' : 'none', fields: writable, cannotClear: [], immutable };
  }
  if (rules.patch === false) return { method: 'none', fields: [], cannotClear: [], immutable: changed };
  const unpatchable = writable.filter((field) => rules.putOnly?.includes(field));
  const fields = writable.filter(
    (field) => !unpatchable.includes(field) && !onlyRemoves(field, before, after, removals.get(field) ?? []),
  );
  return {
    method: fields.length > 0 ? 'PATCH' : 'none',
    fields,
    cannotClear: writable.flatMap((field) => removals.get(field) ?? []),
    immutable: [...immutable, ...unpatchable],
  };
}

function removedPaths(definition: ProviderDefinition, field: string, before: JsonObject, after: JsonObject): string[] {
  const rules = definition.writes ?? {};
  if (rules.deltas?.[field] !== undefined) return [];
  if (after[field] === undefined) return rules.nullClears === true ? [] : [field];
  if (rules.whole?.includes(field)) return [];
  return removedBelow(before[field], after[field] as Json, field);
}

// PATCH merges objects deeply and replaces everything else, so only keys of objects can be left behind.
function removedBelow(before: Json | undefined, after: Json | undefined, path: string): string[] {
  if (before === undefined) return [];
  if (after === undefined) return [path];
  if (!isObject(before) || !isObject(after) || isArray(after)) return [];
  return Object.keys(before).flatMap((key) => removedBelow(before[key], ownValue(after, key), `${path}.${key}`));
}

function onlyRemoves(field: string, before: JsonObject, after: JsonObject, removed: readonly string[]): boolean {
  if (removed.length === 0) return false;
  return equalJson(without(before[field], removed, field), after[field]);
}

function without(value: Json | undefined, removed: readonly string[], path: string): Json | undefined {
  if (value === undefined || removed.includes(path)) return undefined;
  if (!isObject(value)) return value;
  const kept = Object.keys(value)
    .map((key) => [key, without(value[key], removed, `${path}.${key}`)] as const)
    .filter((entry): entry is readonly [string, Json] => entry[1] !== undefined);
  return Object.fromEntries(kept);
}

/** The four forms of an object's fields that an update is worked out from. */
export interface UpdateFields {
  /** What the destination holds, and its comparable form. */
  readonly held: JsonObject;
  readonly before: JsonObject;
  /** What it should hold, and its comparable form. */
  readonly wanted: JsonObject;
  readonly after: JsonObject;
}

/** What the destination holds after the chosen write: PUT leaves what was sent, PATCH leaves behind what it cannot clear. */
export function fieldsAfterWrite(
  definition: ProviderDefinition,
  { held, before, wanted, after }: UpdateFields,
  choice: ChosenWrite,
): JsonObject {
  if (choice.method === 'PUT') return wanted;
  const result = copyObject(held);
  const under = sealMarkers(definition, before);
  const over = sealMarkers(definition, after);
  for (const field of choice.fields) {
    const leavesBehind = choice.cannotClear.some((path) => path === field || path.startsWith(`${field}.`));
    if (over[field] === undefined) delete result[field];
    else if (leavesBehind) result[field] = mergeObjects(under[field], over[field] as Json);
    else result[field] = wanted[field] ?? (after[field] as Json);
  }
  return unsealMarkers(definition, result);
}

function mergeObjects(under: Json | undefined, over: Json): Json {
  if (!isObject(under) || !isObject(over)) return over;
  const merged = copyObject(under);
  for (const key of Object.keys(over)) setKey(merged, key, mergeObjects(ownValue(under, key), over[key] as Json));
  return merged;
}
