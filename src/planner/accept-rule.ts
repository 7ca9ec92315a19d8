import { type Address, matchesPattern } from '../domain/address.ts';
import type { AcceptRule, Spec } from '../domain/spec.ts';

/** The rule by which the spec accepts that something here is blocked, unless it has expired (UTC dates, inclusive). */
export function acceptRuleFor(address: Address, spec: Spec, asOf: string): AcceptRule | undefined {
  // A whole kind that could not be listed is no object, and nobody can have agreed to it.
  if (address.endsWith('.*')) return undefined;
  return spec.accept.find(
    (rule) => (rule.expires === undefined || asOf <= rule.expires) && matchesPattern(rule.at, address),
  );
}
