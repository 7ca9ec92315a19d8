import { type Address, matchesPattern } from '../domain/address.ts';
import type { JsonObject } from '../domain/json.ts';
import type { AddressKind, ResourceKind } from '../domain/kind.ts';
import type { Inventory, Resource, UnknownList } from '../domain/resource.ts';
import type { Spec } from '../domain/spec.ts';
import { ownersOf } from '../providers/owners-of.ts';
import { readResource } from '../providers/read-resource.ts';
import type { ProjectKey, ResolveId, ResolveName } from '../providers/references.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { type Addressed, addressResources, type Naming } from './address-resources.ts';
import { referencedKinds } from './needed-kinds.ts';
import type { RawInventory } from './read-lists.ts';

export interface BuildOptions {
  readonly naming: Naming;
  /** Whether the spec selects what lives in this project (undefined: in the organization itself). */
  readonly selects: (kind: ResourceKind, project: Address | undefined) => boolean;
  /** What the source calls a version of an object of this organization; the version itself where that is not known. */
  readonly versionName: (kind: ResourceKind, id: string, version: string) => string;
  /** Objects that the spec leaves out one by one, with what lives in them. */
  readonly leavesOut: (kind: ResourceKind, raw: JsonObject) => boolean;
  /** Fields set in place of what the organization holds, for the source side. */
  readonly overrides: (address: Address) => JsonObject;
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
  const absent = (kinds: readonly AddressKind[]): 'unlisted' | undefined => {
    for (const kind of kinds) missingKinds.add(kind as ResourceKind);
    return kinds.some((kind) => unlisted.has(kind)) ? 'unlisted' : undefined;
  };
  const resolve: ResolveId = (kinds, id) => {
    if (kinds.includes('organization'))
      return id === raw.org.orgId ? { address: 'organization', version: undefined } : undefined;
    const found = book.find(kinds, id);
    if (found === undefined) return absent(kinds);
    const { address, version, definition } = found;
    return { address, version, nameOf: (pin) => options.versionName(definition.kind, found.id, pin) };
  };
  const named = nameIndex(book.addressed);
  const resolveName: ResolveName = (kinds, name, project) => named(kinds, name, project) ?? absent(kinds);
  const left = new Set(
    book.addressed
      .filter(({ definition, raw }) => options.leavesOut(definition.kind, raw))
      .map(({ address }) => address),
  );
  const isLeftOut = (address: Address): boolean =>
    left.size > 0 && [address, ...ownersOf(address)].some((place) => left.has(place));
  const read = (entry: Addressed): Resource =>
    readResource(entry.definition, entry.raw, {
      id: entry.id,
      address: entry.address,
      named: entry.named,
      project: entry.project,
      selected: options.selects(entry.definition.kind, entry.project) && !isLeftOut(entry.address),
      resolve,
      resolveName,
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
    readVersion: (address, older) => {
      const entry = book.addressed.find((one) => one.address === address);
      return entry === undefined ? undefined : read({ ...entry, raw: older });
    },
    unknown: [...raw.unknown, ...unplaced(raw, book.orphans, unlisted)],
    ambiguous: book.ambiguous.map(read),
    orphans: book.orphans,
    fanOutRequests: raw.fanOutRequests,
    missingKinds,
  };
}

/** Finds projects by name, and what is found by a slug in its project; made when it is first asked, which is rare. */
function nameIndex(
  addressed: readonly Addressed[],
): (kinds: readonly AddressKind[], name: string, project: ProjectKey | undefined) => Addressed | undefined {
  let index: Map<string, Addressed> | undefined;
  const keyOf = ({ definition: { kind, key }, raw }: Addressed): string | undefined => {
    if (kind === 'project') return `project ${raw.name}`;
    return key[0] === 'slug' && typeof raw.project_id === 'string'
      ? `${kind} ${raw.project_id} ${raw.slug}`
      : undefined;
  };
  return (kinds, name, project) => {
    index ??= new Map(
      addressed.flatMap((entry) => {
        const key = keyOf(entry);
        return key === undefined ? [] : [[key, entry] as const];
      }),
    );
    if (project === undefined) return index.get(`project ${name}`);
    const projectId = 'id' in project ? project.id : index.get(`project ${project.name}`)?.id;
    return kinds.map((kind) => index?.get(`${kind} ${projectId} ${name}`)).find((entry) => entry !== undefined);
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
