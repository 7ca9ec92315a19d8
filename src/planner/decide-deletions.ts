import { type Address, parseAddress } from '../domain/address.ts';
import { BtMigrateError } from '../domain/errors.ts';
import { compareText } from '../domain/json.ts';
import { type ResourceKind, STREAM_OF } from '../domain/kind.ts';
import type { Reason } from '../domain/plan.ts';
import type { Resource } from '../domain/resource.ts';
import type { IdMapping } from '../domain/state.ts';
import { referrersOf } from '../inventory/referrers.ts';
import { selectsProject } from '../inventory/select-projects.ts';
import { ownersOf } from '../providers/owners-of.ts';
import { acceptRuleFor } from './accept-rule.ts';
import type { Draft } from './draft.ts';
import type { FormerNames } from './former-names.ts';
import { isProtected } from './is-protected.ts';
import type { PlanInputs } from './plan-inputs.ts';
import { spareReferenced } from './spare-referenced.ts';

type Inputs = Pick<PlanInputs, 'spec' | 'source' | 'destination' | 'state' | 'asOf' | 'foreignRows'>;

interface Gone {
  readonly mapping: IdMapping;
  readonly resource: Resource;
}

/**
 * Decides what becomes of objects that this state created and the source no longer has: deleted with `policy.prune`,
 * otherwise only named. What somebody changed since, and what something else still
 * refers to, is never deleted, and neither is anything of a kind of which the source lists nothing at all.
 * @throws BTM_EMPTY_SOURCE when the source lists nothing of any kind that the state knows, unless the spec accepts it.
 */
export function decideDeletions(inputs: Inputs, decided: readonly Draft[], former: FormerNames): Draft[] {
  const { spec, source, destination } = inputs;
  const gone = goneObjects(inputs);
  const listed = new Set([...source.resources.values()].map(({ kind }) => kind));
  refuseEmptySource(inputs, gone, listed);
  const guarded = guardedPlaces(inputs);
  const drafts = gone
    .filter(({ mapping }) => mapping.origin === 'created' || !listed.has(mapping.kind))
    .map(({ mapping, resource }): Draft => {
      const base = { address: resource.address, source: undefined, destination: resource, losses: [] };
      // One kind that lists nothing is more often a lost permission than a wish.
      if (!listed.has(mapping.kind)) return { ...base, op: 'blocked', reason: 'empty_source' };
      if (!spec.policy.prune) return { ...base, op: 'skip', reason: 'removed_from_source' };
      const obstacle = obstacleTo(mapping, resource, { guarded, former, foreignRows: inputs.foreignRows });
      if (obstacle !== undefined) return { ...base, op: 'blocked', reason: obstacle };
      return { ...base, op: 'delete', reason: 'removed_from_source', before: resource.fields };
    });
  return keepReferenced(drafts, decided, destination);
}

/** The objects that the state knows and the source no longer has. */
export function goneObjects({ spec, source, destination, state }: Omit<Inputs, 'asOf' | 'foreignRows'>): Gone[] {
  const unknown = new Set(source.unknown.map(({ kind }) => kind));
  const seen = new Set<Resource>();
  return state.mappings.flatMap((mapping): Gone[] => {
    if (!spec.kinds.has(mapping.kind) || unknown.has(mapping.kind)) return [];
    const resource = destination.find([mapping.kind], mapping.destinationId);
    if (resource === undefined || resource.builtIn || seen.has(resource) || !isInScope(resource, spec, source))
      return [];
    if (source.find([mapping.kind], mapping.sourceId) !== undefined) return [];
    if (source.resources.has(resource.address)) return [];
    seen.add(resource);
    return [{ mapping, resource }];
  });
}

// A project that is gone from the source is judged by its name.
function isInScope({ selected, project }: Resource, spec: Inputs['spec'], source: Inputs['source']): boolean {
  if (selected || project === undefined) return true;
  return !source.resources.has(project) && selectsProject(spec, parseAddress(project).path[0] ?? '');
}

// An empty answer where there were objects is far more often a mistake (a lost permission, an outage) than a wish.
function refuseEmptySource(
  { spec, state, source, asOf }: Inputs,
  gone: readonly Gone[],
  listed: ReadonlySet<ResourceKind>,
): void {
  const known = state.mappings.some(({ kind, sourceId }) => source.find([kind], sourceId) !== undefined);
  if (gone.length < 2 || known || gone.some(({ mapping }) => listed.has(mapping.kind))) return;
  if (gone.every(({ resource }) => acceptRuleFor(resource.address, spec, asOf, 'empty_source') !== undefined)) return;
  const kinds = [...new Set(gone.map(({ mapping }) => mapping.kind))].sort(compareText);
  throw new BtMigrateError('BTM_EMPTY_SOURCE', {
    detail: `The source lists nothing of what the state knows: none of ${gone.length} objects (${kinds.join(', ')}). Nothing was planned.`,
    hint: `Check that the source key still has its permissions. If the objects were really deleted, agree to it under accept in the spec (at: "${kinds[0]}.*", for each kind; nothing is deleted by it), or forget them with: bt-migrate state rm ADDRESS`,
  });
}

// A deletion takes along what lives in the object, so what is protected keeps what it lives in.
function guardedPlaces({ spec, destination }: Inputs): ReadonlySet<Address> {
  if (spec.protect.length === 0) return new Set();
  const addresses = [...destination.resources.keys()].filter((address) => isProtected(spec, address));
  return new Set(addresses.flatMap((address) => [address, ...ownersOf(address)]));
}

interface Obstacles extends Pick<Inputs, 'foreignRows'> {
  readonly guarded: ReadonlySet<Address>;
  readonly former: FormerNames;
}

function obstacleTo(
  mapping: IdMapping,
  resource: Resource,
  { guarded, former, foreignRows }: Obstacles,
): Reason | undefined {
  if (guarded.has(resource.address)) return 'protected';
  // A project takes along what no list shows, such as playgrounds (fact sheet 2.4).
  if (mapping.kind === 'project') return 'rows_unknown';
  if (STREAM_OF[mapping.kind] !== undefined && foreignRows.get(resource.address) !== 0) return 'rows_unknown';
  return mapping.fingerprint === former.ofResource(resource) ? undefined : 'conflict';
}

// A deletion must not leave a reference into nothing behind: whoever refers to the object goes too, or lets go of it.
function keepReferenced(drafts: Draft[], decided: readonly Draft[], destination: Inputs['destination']): Draft[] {
  if (!drafts.some(({ op }) => op === 'delete')) return drafts;
  const updated = new Map(decided.filter(({ op }) => op === 'update').map(({ address, after }) => [address, after]));
  const known = { resources: destination.resources, ambiguous: [] };
  return spareReferenced(
    drafts,
    referrersOf(known, ({ address, fields }) => updated.get(address) ?? fields),
  );
}
