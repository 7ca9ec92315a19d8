import { isArray, isObject, type Json, type JsonObject, setKey } from '../domain/json.ts';

/** One step of a field path: a key, an element by its index, `[]` (each element) or `*` (each key). */
export type Step = { readonly key: string } | { readonly index: number } | '[]' | '*';

const parsed = new Map<string, readonly Step[]>();

/** Reads a path such as `config.online.scorers[].id` or `prompt.messages[0].content`. */
export function parseFieldPath(path: string): readonly Step[] {
  let steps = parsed.get(path);
  if (steps === undefined) {
    steps = path.split('.').flatMap((part): Step[] => {
      const name = part.replace(/(?:\[\d*\])+$/, '');
      const first: Step = name === '*' ? '*' : { key: name };
      const items = part.slice(name.length).match(/\d+|\[\]/g) ?? [];
      return [first, ...items.map((item): Step => (item === '[]' ? '[]' : { index: Number(item) }))];
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
function mapPath(
  value: Json,
  steps: readonly Step[],
  change: (value: Json, path: string) => Json | typeof REMOVED,
  at = '',
): Json | typeof REMOVED {
  return mapFrom(value, steps, 0, change, at);
}

function mapFrom(
  value: Json,
  steps: readonly Step[],
  depth: number,
  change: (value: Json, path: string) => Json | typeof REMOVED,
  at: string,
): Json | typeof REMOVED {
  const step = steps[depth];
  if (step === undefined) return change(value, at);
  if (step === '[]' || (step !== '*' && 'index' in step)) {
    if (!isArray(value)) return value;
    const items = value.map((item, index) =>
      step === '[]' || step.index === index ? mapFrom(item, steps, depth + 1, change, `${at}[${index}]`) : item,
    );
    if (items.every((item, index) => item === value[index])) return value;
    return items.filter((item): item is Json => item !== REMOVED);
  }
  if (!isObject(value)) return value;
  const keys = step === '*' ? Object.keys(value) : Object.hasOwn(value, step.key) ? [step.key] : [];
  let copy: Record<string, Json> | undefined;
  for (const key of keys) {
    const old = value[key] as Json;
    const changed = mapFrom(old, steps, depth + 1, change, at === '' ? key : `${at}.${key}`);
    if (changed === old) continue;
    copy ??= copyObject(value);
    if (changed === REMOVED) delete copy[key];
    else setKey(copy, key, changed);
  }
  return copy ?? value;
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
  setKey(copy, head, rest.length === 0 ? value : setAt(isObject(inner) ? inner : {}, rest.join('.'), value));
  return copy;
}

/** Spreading copies a key named `__proto__` as the plain key it is, and keeps objects fast, unlike a missing prototype. */
export function copyObject(value: JsonObject): Record<string, Json> {
  return { ...value };
}
