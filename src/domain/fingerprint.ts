import { createHash } from 'node:crypto';
import type { Address } from './address.ts';
import { canonicalJson, type JsonObject } from './json.ts';

/** `sha256:` and 64 hex digits. */
export type Digest = string;

export function sha256(text: string): Digest {
  return `sha256:${createHash('sha256').update(text, 'utf8').digest('hex')}`;
}

/** What an object held, part by part, as hashes: made and read by `providers/field-base.ts` only. */
export type FieldBase = string;

/**
 * The fingerprint of one object: its kind's writable fields in canonical form, references as addresses, without ids,
 * urls or anything the server owns. Planner and executor use this one function, so that they cannot disagree.
 */
export function fingerprint(address: Address, fields: JsonObject): Digest {
  return sha256(canonicalJson({ address, fields }));
}
