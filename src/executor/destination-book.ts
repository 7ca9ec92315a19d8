import type { Address } from '../domain/address.ts';
import type { Inventory } from '../domain/resource.ts';

/** Ids and newest versions in the destination, by address: what was listed, and what this run has written since. */
export class DestinationBook {
  private readonly ids = new Map<Address, string>();
  private readonly versions = new Map<Address, string>();

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

  learnVersion(address: Address, version: string): void {
    this.versions.set(address, version);
  }
}
