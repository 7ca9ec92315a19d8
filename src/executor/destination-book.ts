import type { Address } from '../domain/address.ts';
import type { Inventory } from '../domain/resource.ts';
import type { StateSnapshot } from '../domain/state.ts';
import { prettyVersion } from '../domain/version.ts';

/** Ids and newest versions in the destination, by address: what was listed, and what this run has written since. */
export class DestinationBook {
  private readonly ids = new Map<Address, string>();
  private readonly versions = new Map<Address, string>();
  private readonly pins = new Map<string, string>();

  constructor(inventory: Inventory) {
    this.ids.set('organization', inventory.org.orgId);
    for (const resource of inventory.resources.values()) {
      this.ids.set(resource.address, resource.id);
      if (resource.version !== undefined) this.versions.set(resource.address, resource.version);
    }
  }

  id(address: Address): string | undefined {
    return this.ids.get(address);
  }

  version(address: Address): string | undefined {
    return this.versions.get(address);
  }

  learn(address: Address, id: string, version: string | undefined): void {
    this.ids.set(address, id);
    if (version !== undefined) this.versions.set(address, version);
  }

  /** Learns what the state knows of versions, of objects that are still what they were. */
  learnState({ mappings, versions }: Pick<StateSnapshot, 'mappings' | 'versions'>, source: Inventory): void {
    const made = new Map(mappings.map((one) => [`${one.kind} ${one.sourceId}`, one]));
    for (const { kind, sourceId, source: version, destination } of versions) {
      const mapping = made.get(`${kind} ${sourceId}`);
      const address = mapping === undefined ? undefined : source.find([mapping.kind], sourceId)?.address;
      if (address !== undefined && this.id(address) === mapping?.destinationId)
        this.learnPin(address, version, destination);
    }
  }

  /** Which destination version has the content of an older source version. */
  pinned(address: Address, version: string): string | undefined {
    return this.pins.get(`${address}@${prettyVersion(version)}`);
  }

  learnPin(address: Address, version: string, destination: string): void {
    this.pins.set(`${address}@${prettyVersion(version)}`, destination);
  }

  learnVersion(address: Address, version: string): void {
    this.versions.set(address, version);
  }
}
