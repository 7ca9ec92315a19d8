import { compareAddresses } from '../domain/address.ts';
import type { DriftItem, DriftStatus } from '../domain/drift.ts';
import type { Resource, UnknownList } from '../domain/resource.ts';
import type { IdMapping } from '../domain/state.ts';
import { findReferences } from '../providers/references.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { acceptRuleFor } from './accept-rule.ts';
import { type DecisionInputs, decideDrafts } from './decide-drafts.ts';
import type { Draft } from './draft.ts';
import { FormerNames } from './former-names.ts';

const UNREAD = 'A list that it depends on could not be read.';
const UNREAD_KIND = 'The list could not be read.';
const KEPT = 'Deleted in the source. It is kept here: nothing deletes it while policy.prune is off.';
const ADOPTED = 'Deleted in the source. It is kept here, because it was there before the migration.';
const TO_DELETE = 'Deleted in the source. Apply would delete it here, too.';
const NOT_DELETABLE = 'Deleted in the source, and something keeps apply from deleting it here: see plan.';

/** Says of every selected object how it stands to what was last written, and of every list that failed that it is unknown. */
export function classifyDrift(inputs: DecisionInputs): DriftItem[] {
  const items = new Map<string, DriftItem>();
  const known = knownOf(inputs);
  for (const draft of decideDrafts(inputs)) {
    const verdict = judge(draft, inputs, known);
    if (verdict === undefined) continue;
    const earlier = items.get(draft.address);
    // An update and what of it is impossible are one object.
    const { status, detail } = earlier === undefined || verdict.status === 'unknown' ? verdict : earlier;
    items.set(draft.address, {
      address: draft.address,
      status,
      // What could not be read would look like a change.
      changes: status === 'unknown' ? [] : [...(earlier?.changes ?? []), ...(draft.changes ?? [])],
      ...(detail === undefined ? {} : { detail }),
    });
  }
  for (const kind of known.lost.destination) {
    if (inputs.spec.kinds.has(kind))
      items.set(`${kind}.*`, { address: `${kind}.*`, status: 'unknown', changes: [], detail: UNREAD_KIND });
  }
  for (const item of onlyThere(inputs, known)) if (!items.has(item.address)) items.set(item.address, item);
  return [...items.values()].sort((a, b) => compareAddresses(a.address, b.address));
}

/** What has to be known besides the decisions. */
interface Known {
  /** What the state says of destination objects, by kind and id. */
  readonly mappings: ReadonlyMap<string, IdMapping>;
  readonly former: FormerNames;
  /** Kinds whose list failed; what an organization does not have at all is not among them. */
  readonly lost: Readonly<Record<'source' | 'destination', ReadonlySet<UnknownList['kind']>>>;
}

type Verdict = Pick<DriftItem, 'status' | 'detail'>;

function knownOf(inputs: DecisionInputs): Known {
  const lostOf = ({ unknown }: DecisionInputs['source']): Set<UnknownList['kind']> =>
    new Set(unknown.filter(({ code }) => code !== 'not_supported').map(({ kind }) => kind));
  return {
    mappings: new Map(inputs.state.mappings.map((one) => [`${one.kind}:${one.destinationId}`, one])),
    former: new FormerNames(inputs),
    lost: { source: lostOf(inputs.source), destination: lostOf(inputs.destination) },
  };
}

function judge(draft: Draft, inputs: DecisionInputs, known: Known): Verdict | undefined {
  switch (draft.op) {
    case 'create':
    case 'link':
      return { status: 'missing' };
    case 'copy':
      // Rows are another matter than the objects that hold them.
      return undefined;
    case 'delete':
      return { status: 'source_moved', detail: TO_DELETE };
    case 'update':
      return isUncertain(draft, known) ? { status: 'unknown', detail: UNREAD } : { status: movedBy(draft) };
    case 'skip':
      if (draft.reason === 'built_in') return undefined;
      // Nobody will ever do anything about it, so it must not keep a nightly check from being green.
      return draft.reason === 'removed_from_source' ? { status: 'unmanaged', detail: KEPT } : { status: 'in_sync' };
    case 'blocked':
      return judgeBlocked(draft, inputs, known);
  }
}

function judgeBlocked(draft: Draft, inputs: DecisionInputs, known: Known): Verdict | undefined {
  const { source, destination, reason } = draft;
  if (reason === 'list_failed') return { status: 'unknown', detail: UNREAD };
  if (acceptRuleFor(draft.address, inputs.spec, inputs.asOf, reason) !== undefined) return undefined;
  if (destination === undefined) return { status: 'missing' };
  if (source === undefined) return { status: 'source_moved', detail: NOT_DELETABLE };
  if (isUncertain(draft, known)) return { status: 'unknown', detail: UNREAD };
  return { status: blockedStatus(destination, known) };
}

// A reference into a list that failed looks like a changed one.
function isUncertain({ source, destination }: Draft, { lost }: Known): boolean {
  return refersInto(source, lost.source) || refersInto(destination, lost.destination);
}

function refersInto(resource: Resource | undefined, kinds: ReadonlySet<string>): boolean {
  if (resource === undefined || kinds.size === 0) return false;
  return findReferences(PROVIDERS[resource.kind], resource.fields).some(
    ({ marker, text }) => marker === '$missing' && kinds.has(text.slice(0, text.indexOf(':'))),
  );
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

/** What the destination has and the source does not show. */
function onlyThere({ source, destination }: DecisionInputs, { mappings, lost }: Known): DriftItem[] {
  return [...destination.resources.values()]
    .filter(
      ({ selected, builtIn, kind, address }) =>
        selected && !builtIn && kind !== 'user' && !source.resources.has(address),
    )
    .map(({ address, kind, id }): DriftItem => {
      if (lost.source.has(kind)) return { address, status: 'unknown', changes: [], detail: UNREAD };
      const isOurs = mappings.has(`${kind}:${id}`);
      return { address, status: 'unmanaged', changes: [], ...(isOurs ? { detail: ADOPTED } : {}) };
    });
}
