import { createHash } from 'node:crypto';
import type { Digest } from './fingerprint.ts';
import { canonicalJson, compareText, isArray, type Json, type JsonObject } from './json.ts';

/**
 * Computes the digest of a plan document: the sha256 of its canonical JSON without the member `digest` (contract
 * section 4). Arrays are hashed item by item, so that a plan of 100,000 actions is never held twice as text.
 */
export function planDigest(document: JsonObject): Digest {
  const hash = createHash('sha256');
  const keys = Object.keys(document).filter((key) => key !== 'digest' && document[key] !== undefined);
  let separator = '{';
  for (const key of keys.sort(compareText)) {
    hash.update(`${separator}${JSON.stringify(key)}:`, 'utf8');
    separator = ',';
    const value = document[key] as Json;
    if (!isArray(value)) {
      hash.update(canonicalJson(value), 'utf8');
      continue;
    }
    value.forEach((item, index) => {
      hash.update((index === 0 ? '[' : ',') + canonicalJson(item), 'utf8');
    });
    hash.update(value.length === 0 ? '[]' : ']', 'utf8');
  }
  hash.update(keys.length === 0 ? '{}' : '}', 'utf8');
  return `sha256:${hash.digest('hex')}`;
}
