import {
  type Address,
  type AddressPattern,
  compareAddresses,
  formatAddress,
  kindOf,
  matchesPattern,
} from '../domain/address.ts';
import { type AddressKind, isResourceKind, type StreamKind } from '../domain/kind.ts';
import { nearestWord } from '../domain/nearest-word.ts';
import type { Inventory } from '../domain/resource.ts';
import type { Spec, ViewOwner } from '../domain/spec.ts';
import { neededKinds } from '../inventory/needed-kinds.ts';
import { selectedKinds } from '../inventory/read-inventories.ts';
import { selectsProject } from '../inventory/select-projects.ts';
import { containerKindOf } from '../providers/owners-of.ts';
import { PROVIDERS } from '../providers/registry.ts';

/** Where an entry of the spec can have an effect. */
export type Reach = 'source' | 'either';

/** Tells whether entries of the spec match anything of what was read. */
export class EntryMatches {
  private readonly spec: Spec;
  private readonly source: Inventory;
  private readonly destination: Inventory;
  /** Kinds that were listed on both sides, as far as the spec selects. */
  private readonly read: ReadonlySet<AddressKind>;
  private index: ReadonlyMap<AddressKind, ReadonlySet<Address>> | undefined;

  constructor(spec: Spec, source: Inventory, destination: Inventory) {
    this.spec = spec;
    this.source = source;
    this.destination = destination;
    const unknown = new Set<AddressKind>([...source.unknown, ...destination.unknown].map(({ kind }) => kind));
    this.read = new Set(neededKinds(selectedKinds(spec)).filter((kind) => !unknown.has(kind)));
  }

  /** True when the pattern is about something that was read, and nothing there answers to it. */
  misses(pattern: AddressPattern, reach: Reach): boolean {
    const meant = isStream(pattern.kind) ? { ...pattern, kind: containerKindOf(pattern.kind) } : pattern;
    if (!this.isSelected(pattern.kind) || !this.wasRead(meant)) return false;
    return !this.of(meant.kind, reach).some((address) => matchesPattern(meant, address));
  }

  /** The address that a pattern without wildcards was probably meant to be. */
  nearest(pattern: AddressPattern, reach: Reach): Address | undefined {
    if (!pattern.segments.every((segment) => typeof segment === 'string')) return undefined;
    return nearestWord(pattern.text, this.of(pattern.kind, reach).sort(compareAddresses));
  }

  /** True when the people of the source are known and none has this address; e-mails are lower-cased. */
  missesPerson(email: string): boolean {
    return this.read.has('user') && !this.source.resources.has(formatAddress('user', [email]));
  }

  private of(kind: AddressKind, reach: Reach): Address[] {
    this.index ??= byKind(this.source, this.destination);
    const all = [...(this.index.get(kind) ?? [])];
    return reach === 'either' ? all : all.filter((address) => this.source.resources.has(address));
  }

  // A kind that is left out on purpose may be named; projects are always listed.
  private isSelected(kind: AddressKind): boolean {
    return kind === 'project' || kind === 'organization' || this.spec.kinds.has(kind);
  }

  private wasRead({ kind, segments }: AddressPattern): boolean {
    if (!isResourceKind(kind)) return true;
    if (kind !== 'project' && !this.read.has(kind)) return false;
    const { owner } = PROVIDERS[kind];
    const [first, second] = segments;
    if (kind === 'view' && typeof first === 'string' && !this.spec.viewOwners.has(first as ViewOwner)) return false;
    const project = owner.in === 'container' ? first : owner.in === 'object' ? second : undefined;
    return typeof project !== 'string' || !this.isLeftOut(project);
  }

  private isLeftOut(project: string): boolean {
    const address = formatAddress('project', [project]);
    const exists = this.source.resources.has(address) || this.destination.resources.has(address);
    return exists && !selectsProject(this.spec, project);
  }
}

function isStream(kind: AddressKind): kind is StreamKind {
  return kind !== 'organization' && !isResourceKind(kind);
}

function byKind(...inventories: readonly Inventory[]): Map<AddressKind, Set<Address>> {
  const found = new Map<AddressKind, Set<Address>>();
  for (const { resources } of inventories) {
    for (const address of resources.keys()) {
      const kind = kindOf(address);
      const known = found.get(kind);
      if (known === undefined) found.set(kind, new Set([address]));
      else known.add(address);
    }
  }
  return found;
}
