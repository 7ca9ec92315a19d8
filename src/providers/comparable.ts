import {
  canonicalJson,
  compareText,
  emptyObject,
  isArray,
  isObject,
  type Json,
  JsonNumber,
  type JsonObject,
} from '../domain/json.ts';
import type { ProviderDefinition } from './define-provider.ts';
import { mapFields, parseFieldPath } from './field-path.ts';

/**
 * The form in which two organizations' fields are compared and fingerprinted: null, `{}` and `[]` count as absent
 * (servers add empty defaults, fact sheet 2.3), sets are sorted, and a number has one spelling. Fields of user data
 * keep their empty values.
 */
export function comparable(definition: ProviderDefinition, fields: JsonObject): JsonObject {
  const verbatim = new Set(definition.verbatim);
  const result = emptyObject();
  for (const key of Object.keys(fields)) {
    const value = fields[key] as Json;
    const simple = verbatim.has(key) ? respell(value) : prune(value);
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
  if (isArray(value)) {
    // An element keeps its place even when it is empty: dropping it would move the ones after it.
    return value.length === 0 ? undefined : value.map((item) => prune(item) ?? null);
  }
  if (isObject(value)) {
    const result = emptyObject();
    for (const key of Object.keys(value)) {
      const pruned = prune(value[key] as Json);
      if (pruned !== undefined) result[key] = pruned;
    }
    return Object.keys(result).length === 0 ? undefined : result;
  }
  return respell(value);
}

function respell(value: Json): Json {
  if (value instanceof JsonNumber) {
    const number = Number(value.literal);
    const exact = Number.isSafeInteger(number) || (Number.isFinite(number) && !/^-?\d+$/.test(value.literal));
    return exact && value.literal.replace(/[-.eE+]/g, '').length < 16 ? number + 0 : value;
  }
  if (isArray(value)) return value.map(respell);
  if (!isObject(value)) return value;
  const result = emptyObject();
  for (const key of Object.keys(value)) result[key] = respell(value[key] as Json);
  return result;
}
