import type { Address } from '../domain/address.ts';
import { type Digest, fingerprint } from '../domain/fingerprint.ts';
import type { JsonObject } from '../domain/json.ts';
import type { ResourceKind } from '../domain/kind.ts';
import type { Inventory, Resource } from '../domain/resource.ts';
import type { StateSnapshot } from '../domain/state.ts';
import { storedAddress } from '../domain/stored-name.ts';
import { comparable } from '../providers/comparable.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { renameTargets } from '../providers/seal-markers.ts';

/**
 * The names under which the state knows what has been renamed since. Fingerprints hold addresses, so a new name of a
 * project makes everything in it look changed; taken with the former names, they say what else has changed.
 */
export class FormerNames {
  private readonly former = new Map<Address, Address>();

  constructor({ source, destination, state }: { source: Inventory; destination: Inventory; state: StateSnapshot }) {
    for (const { kind, sourceId, destinationId, address } of state.mappings) {
      const { address: now } = source.find([kind], sourceId) ?? destination.find([kind], destinationId) ?? { address };
      if (storedAddress(state.lineage, now) !== address) this.former.set(now, address);
    }
  }

  /** The fingerprint that these fields would have had when the state was written. */
  fingerprint({ kind, address }: Pick<Resource, 'kind' | 'address'>, fields: JsonObject): Digest {
    return fingerprint(this.former.get(address) ?? address, comparable(PROVIDERS[kind], this.named(kind, fields)));
  }

  /** The fields with the names that their references had when the state was written. */
  named(kind: ResourceKind, fields: JsonObject): JsonObject {
    return renameTargets(PROVIDERS[kind], fields, (target) => this.former.get(target) ?? target);
  }

  /** `fingerprint` of a whole resource. */
  ofResource(resource: Resource): Digest {
    return this.former.size === 0 ? resource.fingerprint : this.fingerprint(resource, resource.fields);
  }
}
