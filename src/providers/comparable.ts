import {
  canonicalJson,
  compareText,
  isArray,
  isObject,
  type Json,
  JsonNumber,
  type JsonObject,
  setKey,
} from '../domain/json.ts';
import type { ProviderDefinition } from './define-provider.ts';
import { mapFields, parseFieldPath } from './field-path.ts';

/**
 * The form in which two organizations' fields are compared and fingerprinted: null, `{}` and `[]` count as absent
 * (servers add empty defaults, fact sheet 2.3), sets are sorted, and a number has one spelling. Fields of user data
 * keep their empty values. What needs no change is shared with the fields.
 */
export function comparable(definition: ProviderDefinition, fields: JsonObject): JsonObject {
  const result: Record<string, Json> = {};
  for (const key of Object.keys(fields)) {
    const value = fields[key] as Json;
    const simple = definition.verbatim?.includes(key) === true ? respell(value) : prune(value);
    if (simple !== undefined && simple !== null) result[key] = simple;
  }
  let sorted: JsonObject = result;
  for (const path of definition.sets ?? []) {
    sorted = mapFields(sorted, parseFieldPath(path), (value) => (isArray(value) ? sortSet(value) : value));
  }
  return sorted;
}

function sortSet(items: readonly Json[]): Json[] {
  const unique = new Map(items.map((item) => [canonicalJson(item), item]));
  return [...unique].sort(([a], [b]) => compareText(a, b)).map(([, item]) => item);
}

function prune(value: Json): Json | undefined {
  if (value === null) return undefined;
  // An element keeps its place even when it is empty: dropping it would move the ones after it.
  if (isArray(value)) return value.length === 0 ? undefined : mapItems(value, (item) => prune(item) ?? null);
  if (!isObject(value)) return respell(value);
  const pruned = mapKeys(value, prune);
  return Object.keys(pruned).length === 0 ? undefined : pruned;
}

function respell(value: Json): Json {
  if (value instanceof JsonNumber) return respellNumber(value);
  if (isArray(value)) return mapItems(value, respell);
  return isObject(value) ? mapKeys(value, respell) : value;
}

function respellNumber(value: JsonNumber): Json {
  const number = Number(value.literal);
  const exact = Number.isSafeInteger(number) || (Number.isFinite(number) && !/^-?\d+$/.test(value.literal));
  return exact && value.literal.replace(/[-.eE+]/g, '').length < 16 ? number + 0 : value;
}

function mapItems(items: readonly Json[], change: (item: Json) => Json): readonly Json[] {
  const changed = items.map(change);
  return changed.every((item, index) => item === items[index]) ? items : changed;
}

function mapKeys(object: JsonObject, change: (value: Json) => Json | undefined): JsonObject {
  let isSame = true;
  const changed: Record<string, Json> = {};
  for (const key of Object.keys(object)) {
    const value = change(object[key] as Json);
    if (value !== object[key]) isSame = false;
    if (value !== undefined) setKey(changed, key, value);
  }
  return isSame ? object : changed;
}
