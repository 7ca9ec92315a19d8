import { type Address, matchesPattern } from '../domain/address.ts';
import type { Spec } from '../domain/spec.ts';
import { ownersOf } from '../providers/owners-of.ts';

/**
 * True when an entry under `protect` names this object or stream, or anything that it lives in: a protected project
 * protects everything in it. What is protected may be made where it is missing, but is never changed or deleted.
 */
export function isProtected({ protect }: Pick<Spec, 'protect'>, address: Address): boolean {
  if (protect.length === 0) return false;
  const places = [address, ...ownersOf(address)];
  return protect.some((pattern) => places.some((place) => matchesPattern(pattern, place)));
}
