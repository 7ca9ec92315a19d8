import type { Address } from '../domain/address.ts';
import type { JsonObject } from '../domain/json.ts';
import type { ResourceKind } from '../domain/kind.ts';
import type { Inventory, Resource, UnknownList } from '../domain/resource.ts';
import { findReferences } from '../providers/references.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { referencedKinds } from './needed-kinds.ts';

export type Referrers = ReadonlyMap<Address, readonly Resource[]>;

/**
 * Who refers to what, by the address that is referred to; living in something is referring to it. Objects that share
 * their address with another one count, too. `fieldsOf` gives what an object will say when it is not what it says.
 */
export function referrersOf(
  { resources, ambiguous }: Pick<Inventory, 'resources' | 'ambiguous'>,
  fieldsOf = ({ fields }: Resource): JsonObject => fields,
): Referrers {
  const referrers = new Map<Address, Set<Resource>>();
  for (const resource of [...resources.values(), ...ambiguous]) {
    for (const { text } of findReferences(PROVIDERS[resource.kind], fieldsOf(resource))) {
      if (text === resource.address) continue;
      const known = referrers.get(text);
      if (known === undefined) referrers.set(text, new Set([resource]));
      else known.add(resource);
    }
  }
  return new Map([...referrers].map(([address, found]) => [address, [...found]]));
}

/**
 * Those of the objects that are to go which something that stays refers to, with everybody who does; what is spared so
 * spares in turn what it refers to.
 */
export function sparedByReferrers(
  doomed: Iterable<Resource>,
  referrers: Referrers,
): ReadonlyMap<Resource, readonly Resource[]> {
  const going = new Set(doomed);
  const stayingOf = ({ address }: Resource): Resource[] =>
    (referrers.get(address) ?? []).filter((referrer) => !going.has(referrer));
  const spared: Resource[] = [];
  for (let before = -1; before < spared.length; ) {
    before = spared.length;
    for (const resource of going) {
      if (stayingOf(resource).length === 0) continue;
      going.delete(resource);
      spared.push(resource);
    }
  }
  return new Map(spared.map((resource) => [resource, stayingOf(resource)]));
}

/**
 * True when what a failed list did not show may refer to objects of this kind, or live in them. Grants are left out of
 * account: one on an object that is gone gives nothing away.
 */
export function mayHideReferrers({ kind, code }: UnknownList, target: ResourceKind): boolean {
  return code !== 'not_supported' && kind !== 'acl' && referencedKinds(PROVIDERS[kind]).includes(target);
}
