import { type Address, kindOf, matchesPattern } from '../domain/address.ts';
import type { Reason } from '../domain/plan.ts';
import type { AcceptRule, Spec } from '../domain/spec.ts';

/** The rule by which the spec accepts that something here is blocked, unless it has expired (UTC dates, inclusive). */
export function acceptRuleFor(address: Address, spec: Spec, asOf: string, reason?: Reason): AcceptRule | undefined {
  // A whole kind that could not be listed is no object, and nobody can have agreed to it.
  if (address.endsWith('.*')) return undefined;
  return spec.accept.find(
    (rule) => (rule.expires === undefined || asOf <= rule.expires) && covers(rule, address, reason),
  );
}

/** Whether a rule is about this. That the source has none of a kind any more can be accepted for the kind: `prompt.*`. */
export function covers({ at }: AcceptRule, address: Address, reason: Reason | undefined): boolean {
  return (reason === 'empty_source' && at.text === `${kindOf(address)}.*`) || matchesPattern(at, address);
}
