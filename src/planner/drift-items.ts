import { compareAddresses } from '../domain/address.ts';
import type { DriftChange, DriftItem, Mover } from '../domain/drift.ts';
import type { Inventory, Resource, UnknownList } from '../domain/resource.ts';
import type { Spec } from '../domain/spec.ts';
import { findReferences } from '../providers/references.ts';
import { PROVIDERS } from '../providers/registry.ts';
import type { Draft } from './draft.ts';

export const UNREAD = 'A list that it depends on could not be read.';
const UNREAD_KIND = 'The list could not be read.';

/** Kinds whose list failed, by side; what an organization does not have at all is not among them. */
export type LostKinds = Readonly<Record<'source' | 'destination', ReadonlySet<UnknownList['kind']>>>;

export function lostKinds({ source, destination }: Pick<Compared, 'source' | 'destination'>): LostKinds {
  const lostOf = ({ unknown }: Inventory): Set<UnknownList['kind']> =>
    new Set(unknown.filter(({ code }) => code !== 'not_supported').map(({ kind }) => kind));
  return { source: lostOf(source), destination: lostOf(destination) };
}

/** True when something that either side refers to could not be read: that looks like a changed reference. */
export function isUncertain({ source, destination }: Draft, lost: LostKinds): boolean {
  return refersInto(source, lost.source) || refersInto(destination, lost.destination);
}

function refersInto(resource: Resource | undefined, kinds: ReadonlySet<string>): boolean {
  if (resource === undefined || kinds.size === 0) return false;
  return findReferences(PROVIDERS[resource.kind], resource.fields).some(
    ({ marker, text }) => marker === '$missing' && kinds.has(text.slice(0, text.indexOf(':'))),
  );
}

export type Verdict = Pick<DriftItem, 'status' | 'detail'> & {
  /** Whose doing a change is, by its path; absent where one answer holds for the whole object. */
  readonly moverOf?: (path: string) => Mover | undefined;
};

export interface Compared {
  readonly spec: Spec;
  readonly source: Inventory;
  readonly destination: Inventory;
}

export interface Judges {
  /** How the object of a decision stands; undefined when nothing is said about it. */
  readonly draft: (draft: Draft) => Verdict | undefined;
  /** What there is to say about an object that only the destination has. */
  readonly onlyThere: (resource: Resource) => string | undefined;
}

/** One item for every address, in their order: what was decided about, what failed, and what only the destination has. */
export function driftItems(compared: Compared, drafts: readonly Draft[], judges: Judges): DriftItem[] {
  const { spec } = compared;
  const items = new Map<string, DriftItem>();
  for (const draft of drafts) {
    const verdict = judges.draft(draft);
    if (verdict === undefined) continue;
    const earlier = items.get(draft.address);
    // An update and what of it is impossible are one object.
    const { status, detail } = earlier === undefined || verdict.status === 'unknown' ? verdict : earlier;
    items.set(draft.address, {
      address: draft.address,
      status,
      // What could not be read would look like a change.
      changes: status === 'unknown' ? [] : [...(earlier?.changes ?? []), ...changesOf(draft, verdict)],
      ...(detail === undefined ? {} : { detail }),
    });
  }
  const lost = lostKinds(compared);
  for (const kind of lost.destination) {
    if (spec.kinds.has(kind))
      items.set(`${kind}.*`, { address: `${kind}.*`, status: 'unknown', changes: [], detail: UNREAD_KIND });
  }
  for (const resource of notInSource(compared)) {
    const { address, kind } = resource;
    if (items.has(address)) continue;
    const isLost = lost.source.has(kind);
    const detail = isLost ? UNREAD : judges.onlyThere(resource);
    items.set(address, {
      address,
      status: isLost ? 'unknown' : 'unmanaged',
      changes: [],
      ...(detail === undefined ? {} : { detail }),
    });
  }
  return [...items.values()].sort((a, b) => compareAddresses(a.address, b.address));
}

function changesOf({ op, source, changes = [] }: Draft, { moverOf }: Verdict): DriftChange[] {
  // What keeps an object from being deleted is no difference of it.
  if (op === 'blocked' && source === undefined) return [];
  return changes.map((change) => {
    const moved = moverOf?.(change.path);
    return moved === undefined ? change : { ...change, moved };
  });
}

function notInSource({ source, destination }: Compared): Resource[] {
  return [...destination.resources.values()].filter(
    ({ selected, builtIn, kind, address }) => selected && !builtIn && kind !== 'user' && !source.resources.has(address),
  );
}
