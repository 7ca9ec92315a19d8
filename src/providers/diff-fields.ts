import { compareText, equalJson, isArray, isObject, type Json, type JsonObject, ownValue } from '../domain/json.ts';
import type { FieldChange } from '../domain/resource.ts';
import type { ProviderDefinition } from './define-provider.ts';
import { sealMarkers } from './seal-markers.ts';

/** Two values as they are, and with their markers as texts, which nothing looks into. */
interface Pair {
  readonly path: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
  readonly sealedBefore: Json | undefined;
  readonly sealedAfter: Json | undefined;
}

/** The differences between two comparable values, by path, in path order; arrays are compared element by element. */
export function diffFields(definition: ProviderDefinition, before: JsonObject, after: JsonObject): FieldChange[] {
  const changes: FieldChange[] = [];
  const [sealedBefore, sealedAfter] = [sealMarkers(definition, before), sealMarkers(definition, after)];
  // A stack of our own, because user data may be nested deeper than the call stack.
  const open: Pair[] = [{ path: '', before, after, sealedBefore, sealedAfter }];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const inner = innerPairs(pair);
    if (inner !== undefined) for (const one of inner.reverse()) open.push(one);
    else if (!equalJson(pair.sealedBefore, pair.sealedAfter))
      changes.push({ path: pair.path, before: pair.before, after: pair.after });
  }
  return changes;
}

/** The pairs below two objects or two arrays; undefined when the two are compared as wholes. */
function innerPairs({ path, before, after, sealedBefore, sealedAfter }: Pair): Pair[] | undefined {
  if (sealedBefore === sealedAfter) return [];
  if (isObject(sealedBefore) && isObject(sealedAfter)) {
    const keys = [...new Set([...Object.keys(sealedBefore), ...Object.keys(sealedAfter)])].sort(compareText);
    return keys.map((key) => ({
      path: path === '' ? key : `${path}.${key}`,
      before: ownValue(before as JsonObject, key),
      after: ownValue(after as JsonObject, key),
      sealedBefore: ownValue(sealedBefore, key),
      sealedAfter: ownValue(sealedAfter, key),
    }));
  }
  if (!isArray(sealedBefore) || !isArray(sealedAfter)) return undefined;
  return Array.from({ length: Math.max(sealedBefore.length, sealedAfter.length) }, (_, index) => ({
    path: `${path}[${index}]`,
    before: (before as readonly Json[])[index],
    after: (after as readonly Json[])[index],
    sealedBefore: sealedBefore[index],
    sealedAfter: sealedAfter[index],
  }));
}
