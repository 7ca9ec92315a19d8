import type { Address } from '../domain/address.ts';
import type { ResourceKind } from '../domain/kind.ts';
import type { Inventory, Resource, UnknownList } from '../domain/resource.ts';
import { findReferences } from '../providers/references.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { referencedKinds } from './needed-kinds.ts';

/**
 * Who refers to what, by the address that is referred to; living in something is referring to it. Objects that share
 * their address with another one count, too.
 */
export function referrersOf({ resources, ambiguous }: Inventory): ReadonlyMap<Address, readonly Resource[]> {
  const referrers = new Map<Address, Set<Resource>>();
  for (const resource of [...resources.values(), ...ambiguous]) {
    for (const { text } of findReferences(PROVIDERS[resource.kind], resource.fields)) {
      if (text === resource.address) continue;
      const known = referrers.get(text);
      if (known === undefined) referrers.set(text, new Set([resource]));
      else known.add(resource);
    }
  }
  return new Map([...referrers].map(([address, found]) => [address, [...found]]));
}

/**
 * True when what a failed list did not show may refer to objects of this kind, or live in them. Grants are left out of
 * account: one on an object that is gone gives nothing away.
 */
export function mayHideReferrers({ kind, code }: UnknownList, target: ResourceKind): boolean {
  return code !== 'not_supported' && kind !== 'acl' && referencedKinds(PROVIDERS[kind]).includes(target);
}
