import type { Address } from '../domain/address.ts';
import { kindOf, matchesPattern } from '../domain/address.ts';
import type { Json } from '../domain/json.ts';
import type { ResourceKind } from '../domain/kind.ts';
import type { Reason } from '../domain/plan.ts';
import type { Inventory, Resource } from '../domain/resource.ts';
import type { Spec } from '../domain/spec.ts';
import { valuesAt } from '../providers/field-path.ts';
import { type FoundReference, findReferences } from '../providers/references.ts';
import { PROVIDERS } from '../providers/registry.ts';

/** What will be true of a source resource in the destination once the plan is applied. */
export type Prospect =
  | { readonly is: 'there'; readonly destination: Resource }
  | { readonly is: 'to_create' }
  | { readonly is: 'blocked'; readonly reason: Reason; readonly by?: Address; readonly evidence?: readonly Evidence[] }
  | { readonly is: 'absent' };

/** Where in the fields the reason of a blocked resource stands. */
export interface Evidence {
  readonly path: string;
  readonly value: Json;
}

/** The prospect of every source resource, dependencies followed to the end. */
export class Prospects {
  private readonly prospects = new Map<Address, Prospect>();
  private readonly spec: Spec;
  private readonly source: Inventory;
  private readonly destination: Inventory;

  constructor(spec: Spec, source: Inventory, destination: Inventory) {
    this.spec = spec;
    this.source = source;
    this.destination = destination;
    const ambiguous = new Set([...source.ambiguous, ...destination.ambiguous].map(({ address }) => address));
    const unknown = new Map(destination.unknown.map((list) => [list.kind, list.code]));
    for (const resource of source.resources.values()) {
      this.prospects.set(resource.address, this.judgeAlone(resource, ambiguous, unknown));
    }
    this.spreadBlocks();
  }

  of(address: Address): Prospect {
    return this.prospects.get(address) ?? (address === 'organization' ? ORGANIZATION : { is: 'absent' });
  }

  /** True when a reference must be left out of what is written: its target will not be there, and the rules allow it. */
  drops(reference: Pick<FoundReference, 'rule' | 'text'>): boolean {
    const { rule, text } = reference;
    if (rule.breakAt === 'never') return false;
    return (rule.missing === 'drop' || this.spec.policy.missingReference === 'drop') && !this.willExist(text);
  }

  private willExist(address: Address): boolean {
    const prospect = this.of(address);
    return prospect.is === 'there' || prospect.is === 'to_create';
  }

  private judgeAlone(
    resource: Resource,
    ambiguous: ReadonlySet<Address>,
    unknown: ReadonlyMap<ResourceKind, string>,
  ): Prospect {
    const { address, kind } = resource;
    const destination = this.destination.resources.get(address);
    const lost = unknown.get(kind);
    if (lost !== undefined)
      return { is: 'blocked', reason: lost === 'not_supported' ? 'not_supported_by_destination' : 'list_failed' };
    if (destination !== undefined) return { is: 'there', destination };
    if (ambiguous.has(address)) return { is: 'blocked', reason: 'ambiguous_name' };
    if (kind === 'user') return this.spec.users.invite ? { is: 'to_create' } : { is: 'absent' };
    if (resource.builtIn) return { is: 'blocked', reason: 'built_in_missing' };
    if (!resource.selected && kind !== 'project') return { is: 'absent' };
    const definition = PROVIDERS[kind];
    for (const rule of definition.blocked ?? []) {
      if (rule.when === undefined || valuesAt(resource.fields, rule.when.path).includes(rule.when.equals)) {
        const value = rule.when === undefined ? null : rule.when.equals;
        return {
          is: 'blocked',
          reason: rule.reason,
          evidence: rule.when === undefined ? [] : [{ path: rule.when.path, value }],
        };
      }
    }
    const twin = definition.sharesTableWith;
    if (twin !== undefined && this.destination.resources.has(twin + address.slice(kind.length))) {
      // The slug is taken by the other kind of the shared table; a POST would write a version over it (fact sheet 2.3).
      return { is: 'blocked', reason: 'conflict', evidence: [{ path: 'slug', value: String(resource.fields.slug) }] };
    }
    return { is: 'to_create' };
  }

  /** Blocks what cannot be created because something it needs will not be there, until nothing changes. */
  private spreadBlocks(): void {
    const holders = new Map<Address, Address[]>();
    const references = new Map<Address, FoundReference[]>();
    for (const resource of this.source.resources.values()) {
      if (this.of(resource.address).is !== 'to_create') continue;
      const found = findReferences(PROVIDERS[resource.kind], resource.fields);
      references.set(resource.address, found);
      for (const { text } of found) holders.set(text, [...(holders.get(text) ?? []), resource.address]);
    }
    const queue = [...references.keys()];
    for (let address = queue.shift(); address !== undefined; address = queue.shift()) {
      if (this.of(address).is !== 'to_create') continue;
      const block = this.firstBlock(references.get(address) ?? []);
      if (block === undefined) continue;
      this.prospects.set(address, block);
      queue.push(...(holders.get(address) ?? []));
    }
  }

  /** Why something that holds these references cannot be written, or undefined when it can. */
  firstBlock(references: readonly FoundReference[]): Extract<Prospect, { is: 'blocked' }> | undefined {
    for (const reference of references) {
      if (this.drops(reference)) continue;
      const block = this.blockOf(reference);
      if (block !== undefined) return block;
    }
    return undefined;
  }

  private blockOf({ marker, text, path }: FoundReference): Extract<Prospect, { is: 'blocked' }> | undefined {
    const evidence = [{ path, value: { [marker]: text } }];
    if (marker === '$missing') return { is: 'blocked', reason: 'missing_reference', evidence };
    if (marker === '$pin') return { is: 'blocked', reason: 'version_not_newest', evidence };
    const target = this.of(text);
    if (target.is === 'blocked') return { is: 'blocked', reason: 'dependency_blocked', by: text, evidence };
    if (target.is === 'absent') {
      return { is: 'blocked', reason: kindOf(text) === 'user' ? 'user_not_found' : 'excluded_dependency', evidence };
    }
    return undefined;
  }
}

const ORGANIZATION: Prospect = { is: 'to_create' };

export function isProtected(spec: Spec, address: Address): boolean {
  return spec.protect.some((pattern) => matchesPattern(pattern, address));
}
