import { emptyObject, isArray, isObject, type Json, type JsonObject } from '../domain/json.ts';

/** One step of a field path: a key, `[]` (each element) or `*` (each key). */
export type Step = { readonly key: string } | '[]' | '*';

const parsed = new Map<string, readonly Step[]>();

/** Reads a path of a provider definition, such as `config.online.scorers[].id`. */
export function parseFieldPath(path: string): readonly Step[] {
  let steps = parsed.get(path);
  if (steps === undefined) {
    steps = path.split('.').flatMap((part): Step[] => {
      const name = part.endsWith('[]') ? part.slice(0, -2) : part;
      const step: Step = name === '*' ? '*' : { key: name };
      return part.endsWith('[]') ? [step, '[]'] : [step];
    });
    parsed.set(path, steps);
  }
  return steps;
}

/** Stands for "leave this element or key out". */
export const REMOVED = Symbol('removed');

/**
 * Returns the value with `change` applied wherever the path leads. `change` may return `REMOVED`. What the path does
 * not reach is shared with the original, which is never modified.
 */
export function mapPath(
  value: Json,
  steps: readonly Step[],
  change: (value: Json, path: string) => Json | typeof REMOVED,
  at = '',
): Json | typeof REMOVED {
  const [step, ...rest] = steps;
  if (step === undefined) return change(value, at);
  if (step === '[]') {
    if (!isArray(value)) return value;
    const items = value.map((item, index) => mapPath(item, rest, change, `${at}[${index}]`));
    return items.filter((item): item is Json => item !== REMOVED);
  }
  if (!isObject(value)) return value;
  const keys = step === '*' ? Object.keys(value) : step.key in value ? [step.key] : [];
  if (keys.length === 0) return value;
  const copy = copyObject(value);
  for (const key of keys) {
    const changed = mapPath(value[key] as Json, rest, change, at === '' ? key : `${at}.${key}`);
    if (changed === REMOVED) delete copy[key];
    else copy[key] = changed;
  }
  return copy;
}

/** `mapPath` on a whole object, which itself cannot be removed. */
export function mapFields(
  fields: JsonObject,
  steps: readonly Step[],
  change: (value: Json, path: string) => Json | typeof REMOVED,
): JsonObject {
  return mapPath(fields, steps, change) as JsonObject;
}

/** The values that a path leads to. */
export function valuesAt(value: Json, path: string): Json[] {
  const found: Json[] = [];
  mapPath(value, parseFieldPath(path), (item) => {
    found.push(item);
    return item;
  });
  return found;
}

/** Sets a value at a path without wildcards, making objects on the way. */
export function setAt(fields: JsonObject, path: string, value: Json): JsonObject {
  const [head = '', ...rest] = path.split('.');
  const copy = copyObject(fields);
  const inner = copy[head];
  copy[head] = rest.length === 0 ? value : setAt(isObject(inner) ? inner : emptyObject(), rest.join('.'), value);
  return copy;
}

export function copyObject(value: JsonObject): Record<string, Json> {
  const copy = emptyObject();
  for (const key of Object.keys(value)) copy[key] = value[key] as Json;
  return copy;
}
