import { type Address, kindOf, parseAddress } from '../domain/address.ts';
import { type Json, ownValue } from '../domain/json.ts';
import type { ResourceKind } from '../domain/kind.ts';
import type { Reason } from '../domain/plan.ts';
import type { Inventory, Resource } from '../domain/resource.ts';
import type { Spec } from '../domain/spec.ts';
import { selectsProject } from '../inventory/select-projects.ts';
import { valuesAt } from '../providers/field-path.ts';
import { type FoundReference, findReferences, isWrittenLater } from '../providers/references.ts';
import { PROVIDERS } from '../providers/registry.ts';
import type { VersionMap } from './version-map.ts';

/** What will be true of a source resource in the destination once the plan is applied. */
export type Prospect =
  | { readonly is: 'there'; readonly destination: Resource }
  | { readonly is: 'to_create' }
  | { readonly is: 'absent' }
  | Block;

export interface Block {
  readonly is: 'blocked';
  readonly reason: Reason;
  /** The blocked object that is the reason. */
  readonly by?: Address;
  readonly evidence?: readonly Evidence[];
  /** What the destination holds under the address, when it is not to be touched. */
  readonly destination?: Resource | undefined;
  /** True when a list that failed is behind it: nothing may be concluded, and nothing left out because of it. */
  readonly unknown?: boolean;
}

/** Where in the fields the reason of a blocked resource stands. */
export interface Evidence {
  readonly path: string;
  /** What the source has there. */
  readonly value?: Json;
  /** What the destination has there. */
  readonly held?: Json;
}

export interface ProspectInputs {
  readonly spec: Spec;
  readonly source: Inventory;
  readonly destination: Inventory;
  /** True for a destination object that the state knows. */
  readonly isKnown: (destination: Resource) => boolean;
  /** What wants a name that is taken and will not be given up. */
  readonly collisions: ReadonlyMap<Address, Resource>;
  readonly versions: VersionMap;
}

/** The prospect of every source resource, dependencies followed to the end. */
export class Prospects {
  private readonly prospects = new Map<Address, Prospect>();
  private readonly inputs: ProspectInputs;
  /** Kinds whose list failed, by side. */
  private readonly sourceUnlisted: ReadonlySet<string>;
  private readonly destinationUnlisted: ReadonlyMap<ResourceKind, string>;
  private readonly ambiguous: ReadonlySet<Address>;
  private readonly contested: ReadonlySet<Address>;

  constructor(inputs: ProspectInputs) {
    const { source, destination } = inputs;
    this.inputs = inputs;
    this.sourceUnlisted = new Set(
      source.unknown.filter(({ code }) => code !== 'not_supported').map(({ kind }) => kind),
    );
    this.destinationUnlisted = new Map(destination.unknown.map((list) => [list.kind, list.code]));
    this.ambiguous = new Set(source.ambiguous.map(({ address }) => address));
    this.contested = new Set(destination.ambiguous.map(({ address }) => address));
    for (const resource of source.resources.values()) this.prospects.set(resource.address, this.judgeAlone(resource));
    this.spreadBlocks();
  }

  of(address: Address): Prospect {
    return this.prospects.get(address) ?? (address === 'organization' ? ORGANIZATION : { is: 'absent' });
  }

  /** True when a reference must be left out of what is written: its target will not be there, and the rules allow it. */
  drops({ rule, text }: Pick<FoundReference, 'rule' | 'text'>): boolean {
    if (rule.breakAt === 'never' || this.isUnlisted(text)) return false;
    if (rule.missing !== 'drop' && this.inputs.spec.policy.missingReference !== 'drop') return false;
    const prospect = this.of(text);
    return prospect.is === 'absent' || (prospect.is === 'blocked' && prospect.unknown !== true);
  }

  /** True for `KIND:ID` of a kind that the source could not list. */
  private isUnlisted(text: string): boolean {
    return this.sourceUnlisted.has(/^([a-z_]+):/.exec(text)?.[1] ?? '');
  }

  private judgeAlone(resource: Resource): Prospect {
    const { address, kind } = resource;
    const { spec, destination: inventory, isKnown, collisions } = this.inputs;
    const lost = this.destinationUnlisted.get(kind);
    if (lost === 'not_supported') return { is: 'blocked', reason: 'not_supported_by_destination' };
    if (lost !== undefined) return { is: 'blocked', reason: 'list_failed', unknown: true };
    const destination = inventory.resources.get(address);
    const holder = collisions.get(address);
    if (holder !== undefined) return collision(resource, destination, holder);
    if (destination !== undefined) {
      return this.contested.has(address) && !isKnown(destination)
        ? { is: 'blocked', reason: 'ambiguous_name' }
        : { is: 'there', destination };
    }
    if (this.ambiguous.has(address)) return { is: 'blocked', reason: 'ambiguous_name' };
    if (kind === 'user') return spec.users.invite && isPerson(resource) ? { is: 'to_create' } : { is: 'absent' };
    if (resource.builtIn) return { is: 'blocked', reason: 'built_in_missing' };
    if (!resource.selected && !this.isNeededContainer(resource)) return { is: 'absent' };
    return this.obstacle(resource) ?? { is: 'to_create' };
  }

  // A selected project is made for what is selected in it, even when projects themselves are not.
  private isNeededContainer({ kind, address }: Resource): boolean {
    return kind === 'project' && selectsProject(this.inputs.spec, parseAddress(address).path[0] ?? '');
  }

  private obstacle({ kind, address, fields }: Resource): Block | undefined {
    const definition = PROVIDERS[kind];
    for (const { when, reason } of definition.blocked ?? []) {
      if (when === undefined) return { is: 'blocked', reason };
      if (valuesAt(fields, when.path).includes(when.equals))
        return { is: 'blocked', reason, evidence: [{ path: when.path, value: when.equals }] };
    }
    const twin = definition.sharesTableWith;
    if (twin === undefined || !this.inputs.destination.resources.has(twin + address.slice(kind.length)))
      return undefined;
    // The slug is taken by the other kind of the shared table; a POST would write a version over it (fact sheet 2.3).
    return { is: 'blocked', reason: 'conflict', evidence: [{ path: 'slug', value: String(fields.slug) }] };
  }

  /** Blocks what cannot be created because something it needs will not be there, until nothing changes. */
  private spreadBlocks(): void {
    const holders = new Map<Address, Address[]>();
    const references = new Map<Address, FoundReference[]>();
    for (const resource of this.inputs.source.resources.values()) {
      if (this.of(resource.address).is !== 'to_create') continue;
      const definition = PROVIDERS[resource.kind];
      const found = findReferences(definition, resource.fields).filter((one) => !isWrittenLater(definition, one));
      references.set(resource.address, found);
      for (const { text } of found) {
        const known = holders.get(text);
        if (known === undefined) holders.set(text, [resource.address]);
        else known.push(resource.address);
      }
    }
    const queue = [...references.keys()];
    for (let at = 0; at < queue.length; at += 1) {
      const address = queue[at] ?? '';
      if (this.of(address).is !== 'to_create') continue;
      const block = this.firstBlock(references.get(address) ?? []);
      if (block === undefined) continue;
      this.prospects.set(address, block);
      for (const holder of holders.get(address) ?? []) queue.push(holder);
    }
  }

  /** Why something that holds these references cannot be written, or undefined when it can. */
  firstBlock(references: readonly FoundReference[]): Block | undefined {
    for (const reference of references) {
      if (reference.marker !== '$pin' && this.drops(reference)) continue;
      const block = this.blockOf(reference);
      if (block !== undefined) return block;
    }
    return undefined;
  }

  private blockOf({ marker, text, path }: FoundReference): Block | undefined {
    const evidence = [{ path, value: { [marker]: text } }];
    if (marker === '$missing') {
      return this.isUnlisted(text)
        ? { is: 'blocked', reason: 'list_failed', evidence, unknown: true }
        : { is: 'blocked', reason: 'missing_reference', evidence };
    }
    if (marker === '$pin') {
      const at = text.lastIndexOf('@');
      const [target, version] = [text.slice(0, at), text.slice(at + 1)];
      const { versions } = this.inputs;
      if (versions.known(target, version) !== undefined || versions.canBeWritten(target, version)) return undefined;
      return { is: 'blocked', reason: 'version_not_newest', evidence };
    }
    const target = this.of(text);
    if (target.is === 'blocked') {
      return { is: 'blocked', reason: 'dependency_blocked', by: text, evidence, unknown: target.unknown === true };
    }
    if (target.is === 'absent') {
      return { is: 'blocked', reason: kindOf(text) === 'user' ? 'user_not_found' : 'excluded_dependency', evidence };
    }
    return undefined;
  }
}

// What it is called now, what it is to be called, and what has that name.
function collision({ kind, address, fields }: Resource, destination: Resource | undefined, holder: Resource): Block {
  const key = PROVIDERS[kind].key[0] ?? '';
  const name = (of: Resource['fields'] | undefined): Json | undefined =>
    of === undefined ? undefined : ownValue(of, key);
  const held = name(destination?.fields);
  const value = name(fields);
  const by = holder.address === address ? `another ${holder.kind} of this name (id ${holder.id})` : holder.address;
  return {
    is: 'blocked',
    reason: 'rename_collision',
    destination,
    evidence: [
      { path: key, ...(held === undefined ? {} : { held }), ...(value === undefined ? {} : { value }) },
      { path: 'held_by', held: by },
    ],
  };
}

// A service account is listed as a user whose address nobody can write to (fact sheet 9).
function isPerson({ fields }: Resource): boolean {
  return /^[^@\s]+@[^@\s]+$/.test(String(fields.email));
}

const ORGANIZATION: Prospect = { is: 'to_create' };
