import { kindOf } from '../domain/address.ts';
import { BtMigrateError } from '../domain/errors.ts';
import { RESOURCE_KINDS, type ResourceKind } from '../domain/kind.ts';
import type { Spec } from '../domain/spec.ts';
import { formatPath } from '../domain/spec-path.ts';
import { PROVIDERS } from '../providers/registry.ts';

/**
 * Refuses secrets for objects that take none: the value would be sent nowhere.
 * @throws BTM_SPEC_INVALID naming the address and the kinds that take a secret.
 */
export function checkSecrets(spec: Spec): void {
  const taking = RESOURCE_KINDS.filter((kind) => PROVIDERS[kind].secret !== undefined);
  for (const address of spec.secrets.keys()) {
    if (taking.includes(kindOf(address) as ResourceKind)) continue;
    throw new BtMigrateError('BTM_SPEC_INVALID', {
      detail: `${spec.places.get(formatPath(['secrets', address])) ?? ''}The entry ${address} under secrets cannot be used: a ${kindOf(address)} takes no secret.`,
      hint: `Kinds that take one: ${taking.join(', ')}. To set another field, use "overrides".`,
    });
  }
}
