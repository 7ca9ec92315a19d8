import type { Address } from './address.ts';
import { isObject, type Json } from './json.ts';

/**
 * Markers stand in plans where a value is not known, not portable or not to be shown (contract section 4):
 * - `{"$ref": ADDRESS}` the id of another object in the same organization
 * - `{"$version": ADDRESS}` the newest version of another object in the same organization
 * - `{"$missing": "KIND:ID"}` an id that nothing in this organization answers to
 * - `{"$pin": "ADDRESS@VERSION"}` a version other than the newest, as the source calls it
 * - `{"$secret": NAME}` a value the operator supplies at apply
 * - `{"$from_source": PATH, "digest": …}` a secret read from the source again at apply
 *
 * User data may hold the same shape (a JSON Schema has `$ref` too), so a marker counts only where a provider definition
 * says that a reference or a secret lives.
 */
export type Marker =
  | { readonly $ref: Address }
  | { readonly $version: Address }
  | { readonly $missing: string }
  | { readonly $pin: string }
  | { readonly $secret: string }
  | { readonly $from_source: string; readonly digest: string };

export type MarkerName = '$ref' | '$version' | '$missing' | '$pin' | '$secret' | '$from_source';

/** Returns the marker's text when the value is exactly that marker. */
export function markerText(value: Json | undefined, name: MarkerName): string | undefined {
  if (!isObject(value)) return undefined;
  const text = value[name];
  if (typeof text !== 'string') return undefined;
  const expected = name === '$from_source' ? 2 : 1;
  return Object.keys(value).length === expected ? text : undefined;
}
