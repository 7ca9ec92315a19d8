import type { Address } from '../domain/address.ts';
import { STREAM_OF } from '../domain/kind.ts';
import { writes } from '../domain/plan.ts';
import type { Inventory, Resource } from '../domain/resource.ts';
import type { IdMapping } from '../domain/state.ts';
import { ownersOf } from '../providers/owners-of.ts';
import { findReferences } from '../providers/references.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { claimNames } from './claim-names.ts';
import { activates, decideAction, type Facts } from './decide-action.ts';
import { decideCopies } from './decide-copies.ts';
import { decideDeletions } from './decide-deletions.ts';
import { decideRowDeletions, withDeletions } from './decide-row-deletions.ts';
import { type Draft, draftId } from './draft.ts';
import { FormerNames } from './former-names.ts';
import { Prospects } from './judge-resource.ts';
import { limitDeletions } from './limit-deletions.ts';
import { pinVersions } from './pin-versions.ts';
import type { PlanInputs } from './plan-inputs.ts';
import { VersionMap } from './version-map.ts';

export type DecisionInputs = Omit<PlanInputs, 'narrowing' | 'toolVersion' | 'estimates'>;

/** Decides about every selected resource: order, cycles and narrowing come after. `plan` and `drift` share it. */
export function decideDrafts(inputs: DecisionInputs): Draft[] {
  const { spec, source, destination, state } = inputs;
  const mappings = indexMappings(state.mappings);
  const isKnown = (resource: Resource): boolean => mappings.of(resource) !== undefined;
  const former = new FormerNames(inputs);
  const versions = new VersionMap(inputs);
  let collisions: ReadonlyMap<Address, Resource> = new Map();
  let prospects = new Prospects({ spec, source, destination, isKnown, collisions, versions });
  let claims = claimNames(decideSelected(inputs, { prospects, mappings, former, versions }), destination);
  // What cannot have its name blocks what needs it, and that may keep others from giving up theirs.
  while (claims.collisions.size > 0) {
    collisions = new Map([...collisions, ...claims.collisions]);
    prospects = new Prospects({ spec, source, destination, isKnown, collisions, versions });
    claims = claimNames(decideSelected(inputs, { prospects, mappings, former, versions }), destination);
  }
  const copies = decideCopies(inputs, { prospects, drafts: claims.drafts });
  const pinned = pinVersions(claims.drafts, copies, { ...inputs, versions });
  const decided = [...pinned.map((draft) => afterRows(draft, copies)), ...copies];
  const deletions = [...decideDeletions(inputs, decided, former), ...decideRowDeletions(inputs)];
  return [
    ...withDeletions(decided, limitDeletions(deletions, spec.policy.maxDeletes)),
    ...impliedCreates(decided, inputs, { prospects, former, versions }),
    ...unreadable(inputs),
    ...homonyms(inputs, decided),
  ];
}

/** Rules act on rows as soon as they exist, so they are made after the rows of their project (fact sheet 10.1 no. 16). */
function afterRows(draft: Draft, copies: readonly Draft[]): Draft {
  const { op, source, after, waitsFor = [] } = draft;
  if ((op !== 'create' && op !== 'update') || source === undefined || after === undefined) return draft;
  if (!activates(PROVIDERS[source.kind], after)) return draft;
  const rows = copies.filter((copy) => copy.op === 'copy' && ownersOf(copy.address).includes(source.project ?? ''));
  return rows.length === 0 ? draft : { ...draft, waitsFor: [...waitsFor, ...rows.map(draftId)] };
}

interface MappingIndex {
  /** The mapping of a destination object; of several, the one of this source object. */
  of(destination: Resource, sourceId?: string): IdMapping | undefined;
}

function indexMappings(mappings: readonly IdMapping[]): MappingIndex {
  const byDestination = new Map(mappings.map((one) => [`${one.kind}:${one.destinationId}`, one]));
  const byPair = new Map(mappings.map((one) => [`${one.kind}:${one.destinationId}:${one.sourceId}`, one]));
  return {
    // A source object that was deleted and made again finds what we wrote for its predecessor: that is still ours.
    of: ({ kind, id }, sourceId) => byPair.get(`${kind}:${id}:${sourceId}`) ?? byDestination.get(`${kind}:${id}`),
  };
}

/**
 * Decides in rounds: an update gives its object a new version, so whatever pins the version that the object has now is
 * behind and is decided again.
 */
function decideSelected(
  inputs: DecisionInputs,
  {
    prospects,
    mappings,
    former,
    versions,
  }: Pick<Facts, 'prospects' | 'former' | 'versions'> & { mappings: MappingIndex },
): Draft[] {
  const { spec, source, destination, asOf } = inputs;
  const moving = new Map<Address, string>();
  const renamed = renamedObjects(inputs);
  const decide = (resource: Resource): Draft[] => {
    const twin = destination.resources.get(resource.address);
    const mapping = twin === undefined ? undefined : mappings.of(twin, resource.id);
    const secret = secretOf(resource, inputs);
    return decideAction(resource, { spec, asOf, prospects, former, versions, mapping, moving, renamed, secret });
  };
  const drafts = new Map<Address, readonly Draft[]>();
  let fresh: Address[] = [];
  const put = (resource: Resource): void => {
    const decided = decide(resource);
    drafts.set(resource.address, decided);
    const version = destination.resources.get(resource.address)?.version;
    if (version === undefined || moving.has(resource.address) || !decided.some(({ op }) => op === 'update')) return;
    fresh.push(resource.address);
  };
  const selected = [...source.resources.values()].filter(({ selected, kind }) => selected && kind !== 'user');
  for (const resource of selected) put(resource);
  if (fresh.length === 0) return [...drafts.values()].flat();
  const holders = holdersOfVersions(selected);
  while (fresh.length > 0) {
    for (const address of fresh) {
      const version = destination.resources.get(address)?.version ?? '';
      moving.set(address, `${address}@${versions.nameOf(address, version) ?? version}`);
    }
    const again = new Set(fresh.flatMap((address) => holders.get(address) ?? []));
    fresh = [];
    for (const resource of again) put(resource);
  }
  return [...drafts.values()].flat();
}

function renamedObjects({ source, destination }: DecisionInputs): Map<Address, string> {
  const renamed = new Map<Address, string>();
  for (const { address, kind, fields } of source.resources.values()) {
    const key = PROVIDERS[kind].key[0] ?? '';
    const now = destination.resources.get(address)?.fields[key];
    if (typeof now === 'string' && now !== fields[key]) renamed.set(address, now);
  }
  return renamed;
}

function holdersOfVersions(resources: readonly Resource[]): Map<Address, Resource[]> {
  const holders = new Map<Address, Resource[]>();
  for (const resource of resources) {
    for (const { marker, text } of findReferences(PROVIDERS[resource.kind], resource.fields)) {
      if (marker !== '$version') continue;
      const known = holders.get(text);
      if (known === undefined) holders.set(text, [resource]);
      else known.push(resource);
    }
  }
  return holders;
}

// A container that holds something selected is created with it, and so is an invited person that something refers to.
function impliedCreates(
  decided: readonly Draft[],
  inputs: DecisionInputs,
  { prospects, former, versions }: Pick<Facts, 'prospects' | 'former' | 'versions'>,
): Draft[] {
  const made = new Set(decided.map(draftId));
  const implied = new Map<string, Draft>();
  const facts: Facts = {
    spec: inputs.spec,
    asOf: inputs.asOf,
    prospects,
    former,
    versions,
    mapping: undefined,
    moving: new Map(),
    renamed: new Map(),
    secret: { current: undefined, written: undefined },
  };
  for (const draft of decided) {
    if (!writes(draft.op)) continue;
    for (const text of idsNeeded(draft)) {
      const target = inputs.source.resources.get(text);
      if (target === undefined || made.has(`create:${text}`) || implied.has(text)) continue;
      if (prospects.of(text).is !== 'to_create') continue;
      const [create] = decideAction(target, facts);
      if (create !== undefined) implied.set(text, bareProject(create));
    }
  }
  return [...implied.values()];
}

function idsNeeded({ needs = [], source, after }: Draft): readonly Address[] {
  if (source === undefined || after === undefined) return needs;
  return findReferences(PROVIDERS[source.kind], after).flatMap(({ marker, text }) => (marker === '$ref' ? [text] : []));
}

// Settings of a project that was not selected itself are left alone.
function bareProject(draft: Draft): Draft {
  if (draft.source?.kind !== 'project' || draft.source.selected || draft.after === undefined) return draft;
  const { settings: _left, ...after } = draft.after;
  return { ...draft, after };
}

// What could not be listed at the source stands in the plan as one blocked action: nothing is known of its objects, nor
// of the rows in them, which stand for it when only they are selected.
function unreadable({ spec, source }: DecisionInputs): Draft[] {
  return source.unknown
    .filter(({ code }) => code !== 'not_supported')
    .flatMap(({ kind }) => [kind, STREAM_OF[kind]].find((one) => one !== undefined && spec.kinds.has(one)) ?? [])
    .map((kind) => bareBlock(`${kind}.*`, 'list_failed'));
}

// Of several source objects with one address only the oldest is planned; the others stand in the plan as one blocked action.
function homonyms({ source }: DecisionInputs, decided: readonly Draft[]): Draft[] {
  const blocked = new Set(decided.filter(({ op }) => op === 'blocked').map(({ address }) => address));
  const addresses = new Set(source.ambiguous.filter(({ selected }) => selected).map(({ address }) => address));
  return [...addresses]
    .filter((address) => !blocked.has(address))
    .map((address) => bareBlock(address, 'ambiguous_name', source));
}

function bareBlock(address: Address, reason: 'list_failed' | 'ambiguous_name', source?: Inventory): Draft {
  return { op: 'blocked', address, reason, source: source?.resources.get(address), destination: undefined, losses: [] };
}

function secretOf(resource: Resource, inputs: DecisionInputs): Facts['secret'] {
  const field = PROVIDERS[resource.kind].secret;
  if (field === undefined) return { current: undefined, written: undefined };
  return {
    current: inputs.secretHmacs.get(resource.address),
    written: inputs.state.secretHmacs.get(`${resource.address}#${field}`),
  };
}
