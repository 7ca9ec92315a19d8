import { equalJson, isArray, isObject, type Json, type JsonObject, ownValue } from '../domain/json.ts';
import type { FieldChange } from '../domain/resource.ts';

/** The differences between two comparable values, by path, in path order; arrays are compared element by element. */
export function diffFields(before: JsonObject, after: JsonObject): FieldChange[] {
  const changes: FieldChange[] = [];
  compare(before, after, '', changes);
  return changes;
}

function compare(before: Json | undefined, after: Json | undefined, path: string, changes: FieldChange[]): void {
  if (isObject(before) && isObject(after) && !isMarker(before) && !isMarker(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    for (const key of keys)
      compare(ownValue(before, key), ownValue(after, key), path === '' ? key : `${path}.${key}`, changes);
    return;
  }
  if (isArray(before) && isArray(after)) {
    for (let index = 0; index < Math.max(before.length, after.length); index += 1) {
      compare(before[index], after[index], `${path}[${index}]`, changes);
    }
    return;
  }
  if (!equalJson(before, after)) changes.push({ path, before, after });
}

function isMarker(value: JsonObject): boolean {
  const keys = Object.keys(value);
  return keys.length > 0 && keys.length <= 2 && keys.some((key) => key.startsWith('$'));
}
