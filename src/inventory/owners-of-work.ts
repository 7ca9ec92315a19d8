import { type Address, kindOf, parseAddress } from '../domain/address.ts';
import { isResourceKind, type ResourceKind } from '../domain/kind.ts';
import type { Inventory } from '../domain/resource.ts';
import { kindsOfObjectType } from '../providers/define-provider.ts';
import { ownersOf } from '../providers/owners-of.ts';
import { PROVIDERS } from '../providers/registry.ts';

/** True for kinds that the API lists by their owner only, one request each. */
export function isListedByOwner(kind: ResourceKind): boolean {
  return PROVIDERS[kind].list?.perOwner !== undefined;
}

/**
 * The owners to ask for what is at these addresses, as `TYPE ID`, in one organization: those of kinds that are listed by
 * owner. An owner that the organization does not have is left out.
 */
export function ownersOfWork(addresses: Iterable<Address>, { org, resources }: Inventory): ReadonlySet<string> {
  const owners = new Set<string>();
  for (const address of addresses) {
    const kind = kindOf(address);
    if (!isResourceKind(kind) || !isListedByOwner(kind)) continue;
    const [type = ''] = parseAddress(address).path;
    const kinds = kindsOfObjectType(type) ?? [];
    if (kinds.includes('organization')) owners.add(`${type} ${org.orgId}`);
    for (const owner of ownersOf(address)) {
      const id = kinds.includes(kindOf(owner)) ? resources.get(owner)?.id : undefined;
      if (id !== undefined) owners.add(`${type} ${id}`);
    }
  }
  return owners;
}
