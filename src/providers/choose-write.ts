import {
  compareText,
  equalJson,
  isArray,
  isObject,
  type Json,
  type JsonObject,
  ownValue,
  setKey,
} from '../domain/json.ts';
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
  const left = new Map(writable.map((field) => [field, leftBehind(definition, field, before, after)]));
  const putOnly = writable.some((field) => rules.putOnly?.includes(field));
  const removed = [...left.values()].flatMap((one) => one.removed);
  const keyMoved = definition.key.some((field) => changed.includes(field));

  // PUT finds the object by its key, so it cannot also change the key.
  if (rules.put === true && !keyMoved && (putOnly || removed.length > 0 || rules.patch === false)) {
    return { method: writable.length > 0 ? 'PUT' : 'none', fields: writable, cannotClear: [], immutable };
  }
  if (rules.patch === false) return { method: 'none', fields: [], cannotClear: [], immutable: changed };
  const unpatchable = writable.filter((field) => rules.putOnly?.includes(field));
  const fields = writable.filter((field) => !unpatchable.includes(field) && left.get(field)?.changes === true);
  return {
    method: fields.length > 0 ? 'PATCH' : 'none',
    fields,
    cannotClear: removed.sort(compareText),
    immutable: [...immutable, ...unpatchable],
  };
}

function leftBehind(definition: ProviderDefinition, field: string, before: JsonObject, after: JsonObject): Leftovers {
  const rules = definition.writes ?? {};
  const isReplaced =
    rules.deltas?.[field] !== undefined || (rules.whole?.includes(field) && after[field] !== undefined);
  const isCleared = after[field] === undefined && rules.nullClears === true;
  if (isReplaced || isCleared) return { removed: [], changes: true };
  return leftovers(field, before[field], after[field], emptiesLists(definition, field));
}

// An empty list is as good as none, except in user data, and PATCH replaces lists: so a list can be cleared.
function emptiesLists(definition: ProviderDefinition, field: string): boolean {
  return definition.verbatim?.includes(field) !== true;
}

/** What PATCH leaves behind of a field, and whether there is anything else to write. */
interface Leftovers {
  readonly removed: readonly string[];
  readonly changes: boolean;
}

// PATCH merges objects deeply and replaces everything else, so only keys of objects can be left behind.
function leftovers(field: string, held: Json | undefined, wanted: Json | undefined, emptied: boolean): Leftovers {
  const removed: string[] = [];
  let changes = false;
  const open = [{ path: field, before: held, after: wanted }];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const { path, before, after } = pair;
    if (after === undefined && !(emptied && isArray(before))) removed.push(path);
    else if (isObject(before) && isObject(after)) {
      for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
        open.push({ path: `${path}.${key}`, before: ownValue(before, key), after: ownValue(after, key) });
    } else if (!equalJson(before, after)) changes = true;
  }
  return { removed, changes };
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
    const rules = { keep: false, empty: emptiesLists(definition, field) };
    if (choice.cannotClear.some((path) => path === field || path.startsWith(`${field}.`))) {
      result[field] = overlay(under[field], over[field] ?? null, { ...rules, keep: true });
    } else if (over[field] !== undefined) {
      result[field] = overlay(under[field], wanted[field] ?? (after[field] as Json), rules);
    } else if (rules.empty && isArray(under[field])) result[field] = [];
    else delete result[field];
  }
  return unsealMarkers(definition, result);
}

/**
 * `over` with what PATCH leaves of `under`: with `empty`, lists that `over` lacks as empty lists, and with `keep`,
 * everything else that it lacks.
 */
function overlay(under: Json | undefined, over: Json, { keep, empty }: { keep: boolean; empty: boolean }): Json {
  if (!isObject(under) || !isObject(over)) return over;
  const result = copyObject(over);
  const open = [{ target: result, under, over }];
  for (let level = open.pop(); level !== undefined; level = open.pop()) {
    for (const key of Object.keys(level.under)) {
      const below = level.under[key] as Json;
      const above = ownValue(level.over, key);
      if (isObject(below) && isObject(above)) {
        const target = copyObject(above);
        setKey(level.target, key, target);
        open.push({ target, under: below, over: above });
      } else if (above !== undefined && above !== null) continue;
      else if (empty && isArray(below)) setKey(level.target, key, []);
      else if (keep) setKey(level.target, key, below);
    }
  }
  return result;
}
