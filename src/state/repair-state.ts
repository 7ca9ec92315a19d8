import {
  type Address,
  type AddressPattern,
  compareAddresses,
  formatAddress,
  matchesPattern,
  parseAddress,
} from '../domain/address.ts';
import { BtMigrateError } from '../domain/errors.ts';
import { compareText } from '../domain/json.ts';
import { RESOURCE_KINDS } from '../domain/kind.ts';
import type { IdMapping, Lease, StateSnapshot, StateStore } from '../domain/state.ts';
import { storedAddress, storedText } from '../domain/stored-name.ts';

/**
 * The mappings whose address matches one of the patterns, or all without patterns: kinds in the order in which they are
 * made, addresses and then source ids by their text, so that two lists of one state can be compared.
 */
export function listMappings(snapshot: StateSnapshot, patterns: readonly AddressPattern[]): readonly IdMapping[] {
  const stored = patterns.map((pattern) => storedPattern(snapshot.lineage, pattern));
  return snapshot.mappings
    .filter(({ address }) => stored.length === 0 || stored.some((pattern) => matchesPattern(pattern, address)))
    .sort(
      (a, b) =>
        RESOURCE_KINDS.indexOf(a.kind) - RESOURCE_KINDS.indexOf(b.kind) ||
        compareAddresses(a.address, b.address) ||
        compareText(a.sourceId, b.sourceId),
    );
}

/**
 * Gives a mapping another address (`state mv`).
 * @throws BTM_UNKNOWN_ADDRESS when the address has no mapping or several, BTM_USAGE when the new address is not one
 * of the same kind or is taken.
 */
export async function moveMapping(
  store: StateStore,
  lease: Lease,
  before: Address,
  after: Address,
): Promise<IdMapping> {
  const snapshot = await store.snapshot();
  const mapping = onlyMapping(snapshot, before);
  const { kind, path } = parseAddress(after);
  if (kind !== mapping.kind) {
    throw usage(`${before} is a ${mapping.kind}, ${after} is not.`, 'Give an address of the same kind.');
  }
  const address = formatAddress(kind, path);
  const taken = storedAddress(snapshot.lineage, address);
  if (snapshot.mappings.some((other) => other.address === taken)) {
    throw usage(`${after} already stands for another object.`, 'Look at it with `bt-migrate state show`.');
  }
  const moved = { ...mapping, address };
  await store.putMapping(lease, moved);
  return moved;
}

/**
 * Forgets what an address stands for (`state rm`): all of it, or only the mapping of one source object. Nothing is
 * deleted in either organization. Returns what was forgotten.
 * @throws BTM_UNKNOWN_ADDRESS when there is nothing.
 */
export async function removeMapping(
  store: StateStore,
  lease: Lease,
  address: Address,
  sourceId?: string,
): Promise<readonly IdMapping[]> {
  const found = mappingsAt(await store.snapshot(), address).filter(
    (mapping) => sourceId === undefined || mapping.sourceId === sourceId,
  );
  if (found.length === 0) throw unknownAddress(address, `nothing with the source id ${sourceId}`);
  for (const mapping of found) await store.removeMapping(lease, mapping.kind, mapping.sourceId);
  return found;
}

function onlyMapping(snapshot: StateSnapshot, address: Address): IdMapping {
  const found = mappingsAt(snapshot, address);
  const [mapping] = found;
  if (mapping === undefined || found.length > 1) throw unknownAddress(address, `${found.length} objects`);
  return mapping;
}

/**
 * What the state knows of an address: one mapping, or several when several people are mapped to one.
 * @throws BTM_UNKNOWN_ADDRESS when there is nothing, BTM_USAGE when it is not an address.
 */
export function mappingsAt(snapshot: StateSnapshot, address: Address): readonly IdMapping[] {
  const { kind, path } = parseAddress(address);
  const stored = storedAddress(snapshot.lineage, formatAddress(kind, path));
  const found = snapshot.mappings.filter((mapping) => mapping.address === stored);
  if (found.length === 0) throw unknownAddress(address, 'nothing');
  return found;
}

function unknownAddress(address: Address, found: string): BtMigrateError {
  return new BtMigrateError('BTM_UNKNOWN_ADDRESS', {
    detail: `The state has ${found} at ${address}.`,
    hint: 'See the addresses with `bt-migrate state list`.',
  });
}

function storedPattern(lineage: string | null, pattern: AddressPattern): AddressPattern {
  const segments = pattern.segments.map((segment) =>
    typeof segment === 'string' ? storedText(lineage, segment) : segment,
  );
  return { ...pattern, segments };
}

function usage(detail: string, hint: string): BtMigrateError {
  return new BtMigrateError('BTM_USAGE', { detail, hint });
}
