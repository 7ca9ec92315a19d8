import { isRecord } from './check-body.ts';

/**
 * PATCH semantics of an object field: keys are merged, arrays and scalars replaced, nothing is removed (fact sheet 2.1).
 * `shallow` replaces the values of the first level.
 */
export function mergeValue(stored: unknown, sent: unknown, depth: 'deep' | 'shallow'): unknown {
  if (!isRecord(stored) || !isRecord(sent)) return sent;
  const merged: Record<string, unknown> = { ...stored };
  for (const [key, value] of Object.entries(sent)) {
    merged[key] = depth === 'deep' ? mergeValue(stored[key], value, depth) : value;
  }
  return merged;
}
