import { type Address, matchesPattern } from '../domain/address.ts';
import type { JsonObject } from '../domain/json.ts';
import type { AddressKind, ResourceKind } from '../domain/kind.ts';
import type { Inventory, Resource, UnknownList } from '../domain/resource.ts';
import type { Spec } from '../domain/spec.ts';
import { readResource } from '../providers/read-resource.ts';
import type { ResolveId } from '../providers/references.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { type Addressed, addressResources, type Naming } from './address-resources.ts';
import { referencedKinds } from './needed-kinds.ts';
import type { RawInventory } from './read-lists.ts';

export interface BuildOptions {
  readonly naming: Naming;
  /** Whether the spec selects what lives in this project (undefined: in the organization itself). */
  readonly selects: (kind: ResourceKind, project: Address | undefined) => boolean;
  /** Fields set in place of what the organization holds, for the source side. */
  readonly overrides: (address: Address) => JsonObject;
  /** The name that a project of this organization has in the destination. */
  readonly projectName: (name: string) => string;
}

/** An inventory, and the kinds of ids that nothing listed answers to. */
export interface BuiltInventory extends Inventory {
  readonly missingKinds: ReadonlySet<ResourceKind>;
}

/** Turns what was listed into addressed, comparable resources. Pure: the same lists give the same inventory. */
export function buildInventory(raw: RawInventory, options: BuildOptions): BuiltInventory {
  const book = addressResources(raw, options.naming);
  const missingKinds = new Set<ResourceKind>();
  const unlisted = new Set<AddressKind>(
    raw.unknown.filter(({ code }) => code !== 'not_supported').map(({ kind }) => kind),
  );
  const resolve: ResolveId = (kinds, id) => {
    if (kinds.includes('organization'))
      return id === raw.org.orgId ? { address: 'organization', version: undefined } : undefined;
    const found = book.find(kinds, id);
    if (found !== undefined) return found;
    for (const kind of kinds) missingKinds.add(kind as ResourceKind);
    return kinds.some((kind) => unlisted.has(kind)) ? 'unlisted' : undefined;
  };
  const read = (entry: Addressed): Resource =>
    readResource(entry.definition, entry.raw, {
      id: entry.id,
      address: entry.address,
      named: entry.named,
      project: entry.project,
      selected: options.selects(entry.definition.kind, entry.project),
      resolve,
      projectName: options.projectName,
      overrides: options.overrides(entry.address),
    });
  const resources = new Map<Address, Resource>();
  const byId = new Map<string, Resource>();
  for (const entry of book.addressed) {
    const resource = read(entry);
    resources.set(entry.address, resource);
    byId.set(`${entry.definition.kind}:${entry.id}`, resource);
  }
  return {
    org: raw.org,
    resources,
    find: (kinds, id) => kinds.map((kind) => byId.get(`${kind}:${id}`)).find((resource) => resource !== undefined),
    unknown: [...raw.unknown, ...unplaced(raw, book.orphans, unlisted)],
    ambiguous: book.ambiguous.map(read),
    orphans: book.orphans,
    fanOutRequests: raw.fanOutRequests,
    missingKinds,
  };
}

// An owner or grantee that nothing answers to may be in a list that failed; then nothing may be said of the kind.
function unplaced(
  raw: RawInventory,
  orphans: ReadonlyMap<ResourceKind, number>,
  unlisted: ReadonlySet<AddressKind>,
): UnknownList[] {
  return [...orphans.keys()].flatMap((kind): UnknownList[] => {
    const failed = referencedKinds(PROVIDERS[kind]).filter((target) => unlisted.has(target));
    if (failed.length === 0 || raw.unknown.some((list) => list.kind === kind)) return [];
    const detail = `Some belong to objects of a list that failed: ${failed.join(', ')}.`;
    return [{ kind, code: 'incomplete', detail }];
  });
}

/** The fields that the spec sets for an address: project renames and `overrides`, later rules winning. */
export function overridesOf(spec: Spec, address: Address): JsonObject {
  const set: Record<string, JsonObject[string]> = {};
  for (const rule of spec.overrides) if (matchesPattern(rule.at, address)) Object.assign(set, rule.set);
  return set;
}
