import {
  canonicalJson,
  compareText,
  isArray,
  isObject,
  type Json,
  JsonNumber,
  type JsonObject,
} from '../domain/json.ts';
import type { ProviderDefinition } from './define-provider.ts';
import { mapFields, parseFieldPath, REMOVED } from './field-path.ts';
import { rebuild } from './rebuild.ts';
import { versionPathOf } from './seal-markers.ts';

/**
 * The form in which two organizations' fields are compared and fingerprinted: null, `{}` and `[]` count as absent
 * (servers add empty defaults, fact sheet 2.3), sets are sorted, and a number has one spelling. Fields of user data
 * keep their empty values. The version of what something was made from is left out: it is never worth a write of its own.
 * What needs no change is shared with the fields.
 */
export function comparable(definition: ProviderDefinition, fields: JsonObject): JsonObject {
  const result: Record<string, Json> = {};
  for (const key of Object.keys(fields)) {
    const value = fields[key] as Json;
    const simple = rebuild(value, definition.verbatim?.includes(key) === true ? respell : prune);
    if (simple !== undefined && simple !== null) result[key] = simple;
  }
  let sorted: JsonObject = result;
  for (const path of definition.sets ?? []) {
    sorted = mapFields(sorted, parseFieldPath(path), (value) => (isArray(value) ? sortSet(value) : value));
  }
  for (const rule of definition.references ?? []) {
    const path = rule.oldVersion === 'drop' && rule.missing === 'drop' ? versionPathOf(rule) : undefined;
    if (path !== undefined) sorted = mapFields(sorted, parseFieldPath(path), () => REMOVED);
  }
  return sorted;
}

function sortSet(items: readonly Json[]): Json[] {
  const unique = new Map(items.map((item) => [canonicalJson(item), item]));
  return [...unique].sort(([a], [b]) => compareText(a, b)).map(([, item]) => item);
}

function prune(value: Json): Json | undefined {
  if (value === null) return undefined;
  // An array keeps its elements even when they are empty: dropping one would move the ones after it.
  if (isArray(value)) return value.length === 0 ? undefined : value;
  if (isObject(value)) return Object.keys(value).length === 0 ? undefined : value;
  return respell(value);
}

function respell(value: Json): Json {
  if (!(value instanceof JsonNumber)) return value;
  const number = Number(value.literal);
  const exact = Number.isSafeInteger(number) || (Number.isFinite(number) && !/^-?\d+$/.test(value.literal));
  return exact && value.literal.replace(/[-.eE+]/g, '').length < 16 ? number + 0 : value;
}
