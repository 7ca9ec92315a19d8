import { equalJson, isArray, isObject, type Json, type JsonObject } from '../domain/json.ts';
import type { ProviderDefinition } from './define-provider.ts';

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
export function chooseWrite(definition: ProviderDefinition, before: JsonObject, after: JsonObject): ChosenWrite {
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
  if (before === undefined || before === null) return [];
  if (after === undefined) return [path];
  if (!isObject(before) || !isObject(after) || isArray(after)) return [];
  return Object.keys(before).flatMap((key) => removedBelow(before[key], after[key], `${path}.${key}`));
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
