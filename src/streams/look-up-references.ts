import type { Address } from '../domain/address.ts';
import { kindsOfRowReference } from '../domain/kind.ts';
import type { Inventory } from '../domain/resource.ts';
import type { StateSnapshot } from '../domain/state.ts';
import type { ReferenceLookup } from './reference-lookup.ts';

/**
 * Finds what rows refer to: by the address of the source object in what the destination holds by now, else by what the
 * state knows from earlier runs. Attachments are left to whoever copies them.
 */
export function lookUpReferences(
  source: Inventory,
  { mappings }: Pick<StateSnapshot, 'mappings'>,
  idOf: (address: Address) => string | undefined,
): ReferenceLookup {
  const addresses = new Map<string, Address>();
  for (const { kind, id, address } of source.resources.values()) addresses.set(`${kind} ${id}`, address);
  const known = new Map<string, string>();
  for (const { kind, sourceId, destinationId } of mappings) known.set(`${kind} ${sourceId}`, destinationId);
  const find = (name: string): string | undefined => {
    const address = addresses.get(name);
    return (address === undefined ? undefined : idOf(address)) ?? known.get(name);
  };
  return {
    objectId: (type, sourceId) => {
      for (const kind of kindsOfRowReference(type)) {
        const id = find(`${kind} ${sourceId}`);
        if (id !== undefined) return id;
      }
      return undefined;
    },
    attachmentKey: null,
  };
}
