import { compareAddresses } from '../domain/address.ts';
import type { DriftItem, DriftStatus } from '../domain/drift.ts';
import type { Resource } from '../domain/resource.ts';
import type { IdMapping } from '../domain/state.ts';
import { acceptRuleFor } from './accept-rule.ts';
import { type DecisionInputs, decideDrafts } from './decide-drafts.ts';
import type { Draft } from './draft.ts';
import { FormerNames } from './former-names.ts';

/** Says of every selected object how it stands to what was last written, and of every list that failed that it is unknown. */
export function classifyDrift(inputs: DecisionInputs): DriftItem[] {
  const items = new Map<string, DriftItem>();
  const mappings = new Map(inputs.state.mappings.map((one) => [`${one.kind}:${one.destinationId}`, one]));
  const known: Known = { mappings, former: new FormerNames(inputs) };
  for (const draft of decideDrafts(inputs)) {
    const status = statusOf(draft, inputs, known);
    if (status === undefined) continue;
    const earlier = items.get(draft.address);
    // An update and what of it is impossible are one object.
    items.set(draft.address, {
      address: draft.address,
      status: earlier?.status ?? status,
      changes: [...(earlier?.changes ?? []), ...(draft.changes ?? [])],
    });
  }
  const unreadable = new Set(inputs.destination.unknown.map(({ kind }) => kind));
  for (const kind of unreadable) {
    if (inputs.spec.kinds.has(kind)) items.set(`${kind}.*`, { address: `${kind}.*`, status: 'unknown', changes: [] });
  }
  for (const item of unmanaged(inputs)) if (!items.has(item.address)) items.set(item.address, item);
  return [...items.values()].sort((a, b) => compareAddresses(a.address, b.address));
}

/** What the state says of destination objects, by kind and id. */
interface Known {
  readonly mappings: ReadonlyMap<string, IdMapping>;
  readonly former: FormerNames;
}

function statusOf(draft: Draft, inputs: DecisionInputs, known: Known): DriftStatus | undefined {
  switch (draft.op) {
    case 'create':
    case 'link':
    case 'copy':
      return 'missing';
    case 'delete':
      return 'source_moved';
    case 'update':
      return movedBy(draft);
    case 'skip':
      if (draft.reason === 'built_in') return undefined;
      return draft.reason === 'removed_from_source' ? 'source_moved' : 'in_sync';
    case 'blocked':
      if (draft.reason === 'list_failed') return 'unknown';
      if (acceptRuleFor(draft.address, inputs.spec, inputs.asOf) !== undefined) return undefined;
      return draft.destination === undefined ? 'missing' : blockedStatus(draft.destination, known);
  }
}

function movedBy({ reason }: Draft): DriftStatus {
  if (reason === 'both_changed') return 'both_moved';
  return reason === 'destination_changed' || reason === 'adopted_with_changes' ? 'destination_moved' : 'source_moved';
}

// What stands in the way of the update does not matter here, only who moved.
function blockedStatus(destination: Resource, { mappings, former }: Known): DriftStatus {
  const mapping = mappings.get(`${destination.kind}:${destination.id}`);
  return mapping?.fingerprint === former.ofResource(destination) ? 'source_moved' : 'destination_moved';
}

function unmanaged({ source, destination, state }: DecisionInputs): DriftItem[] {
  const ours = new Set(state.mappings.map(({ kind, destinationId }) => `${kind}:${destinationId}`));
  return [...destination.resources.values()]
    .filter(
      ({ selected, builtIn, kind, id, address }) =>
        selected && !builtIn && kind !== 'user' && !ours.has(`${kind}:${id}`) && !source.resources.has(address),
    )
    .map(({ address }): DriftItem => ({ address, status: 'unmanaged', changes: [] }));
}
