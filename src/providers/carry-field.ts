import { isArray, isObject, type Json, type JsonObject, ownValue, setKey } from '../domain/json.ts';
import { copyObject, parseFieldPath, type Step } from './field-path.ts';

/**
 * `wanted` with what `path` leads to as `held` has it; what `held` lacks is left out. Elements and keys that only one
 * side has are not touched by a wildcard or an index before the end of the path.
 */
export function carryField(wanted: JsonObject, held: JsonObject, path: string): JsonObject {
  return (carry(wanted, held, parseFieldPath(path), 0) ?? {}) as JsonObject;
}

function carry(
  wanted: Json | undefined,
  held: Json | undefined,
  steps: readonly Step[],
  depth: number,
): Json | undefined {
  const step = steps[depth];
  if (step === undefined) return held;
  if (step === '[]' || (step !== '*' && 'index' in step)) return carryItems(wanted, held, steps, depth);
  if (step !== '*') return carryKey(wanted, held, step.key, steps, depth);
  if (depth + 1 === steps.length) return held;
  if (!isObject(wanted) || !isObject(held)) return wanted;
  return Object.keys(wanted)
    .filter((key) => Object.hasOwn(held, key))
    .reduce<Json | undefined>((carried, key) => carryKey(carried, held, key, steps, depth), wanted);
}

function carryKey(
  wanted: Json | undefined,
  held: Json | undefined,
  key: string,
  steps: readonly Step[],
  depth: number,
): Json | undefined {
  if (wanted !== undefined && !isObject(wanted)) return wanted;
  const inner = isObject(held) ? ownValue(held, key) : undefined;
  const carried = carry(wanted === undefined ? undefined : ownValue(wanted, key), inner, steps, depth + 1);
  if (carried === undefined) {
    if (wanted === undefined) return undefined;
    const rest = copyObject(wanted);
    delete rest[key];
    return rest;
  }
  const copy = copyObject(wanted ?? {});
  setKey(copy, key, carried);
  return copy;
}

function carryItems(
  wanted: Json | undefined,
  held: Json | undefined,
  steps: readonly Step[],
  depth: number,
): Json | undefined {
  if (!isArray(wanted) || !isArray(held)) return wanted;
  const step = steps[depth];
  if (step === '[]' && depth + 1 === steps.length) return held;
  return wanted.map((item, index) => {
    const isMeant = step === '[]' || (typeof step === 'object' && 'index' in step && step.index === index);
    return isMeant && index < held.length ? (carry(item, held[index], steps, depth + 1) ?? null) : item;
  });
}
