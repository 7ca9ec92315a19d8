import { type Address, formatAddress, parseAddress } from '../domain/address.ts';
import { isResourceKind, type ResourceKind, type StreamKind } from '../domain/kind.ts';
import { kindsOfObjectType } from './define-provider.ts';
import { PROVIDERS } from './registry.ts';

const CONTAINER_OF: Readonly<Record<StreamKind, ResourceKind>> = {
  dataset_rows: 'dataset',
  experiment_rows: 'experiment',
  logs: 'project',
};

/** The kind that the rows of a stream live in; both addresses have the same path. */
export function containerKindOf(stream: StreamKind): ResourceKind {
  return CONTAINER_OF[stream];
}

/**
 * Everything that an object or a stream lives in, innermost first: a view of a dataset lives in the dataset and in its
 * project. What lives in the organization itself has no owners here. An id of the shared table of prompts and functions
 * may be either's, so both addresses are given.
 */
export function ownersOf(address: Address): Address[] {
  // A kind that could not be listed stands in a plan as `kind.*`.
  if (address.endsWith('.*')) return [];
  const owners = new Set<Address>();
  const open = [address];
  for (let inner = open.pop(); inner !== undefined; inner = open.pop()) {
    for (const owner of directOwners(inner)) {
      if (owners.has(owner)) continue;
      owners.add(owner);
      open.push(owner);
    }
  }
  return [...owners];
}

function directOwners(address: Address): Address[] {
  const { kind, path } = parseAddress(address);
  if (kind === 'organization') return [];
  if (!isResourceKind(kind)) return [formatAddress(containerKindOf(kind), path)];
  const { owner, key } = PROVIDERS[kind];
  if (owner.in === 'organization') return [];
  if (owner.in === 'container') return [formatAddress(owner.kind, path.slice(0, -key.length))];
  const [type = '', ...rest] = path;
  const kinds = (kindsOfObjectType(type) ?? []).filter((one) => one !== 'organization');
  return kinds.map((one) => formatAddress(one, rest.slice(0, -key.length)));
}
