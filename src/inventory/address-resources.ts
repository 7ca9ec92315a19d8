import { type Address, formatAddress, parseAddress } from '../domain/address.ts';
import { compareText, type JsonObject } from '../domain/json.ts';
import { type AddressKind, RESOURCE_KINDS, type ResourceKind } from '../domain/kind.ts';
import { kindsOfObjectType, type ProviderDefinition } from '../providers/define-provider.ts';
import { PROVIDERS } from '../providers/registry.ts';
import type { RawInventory } from './read-lists.ts';

/** An object that has an address, before its fields are read. */
export interface Addressed {
  readonly definition: ProviderDefinition;
  readonly raw: JsonObject;
  readonly id: string;
  readonly address: Address;
  /** The address that its names alone would give it. */
  readonly named: Address;
  readonly project: Address | undefined;
  readonly version: string | undefined;
}

/** How the names of one organization are turned into the names that addresses are made of. */
export interface Naming {
  /** The address an object is known by from elsewhere (the state), which wins over its names. */
  readonly known: (kind: ResourceKind, id: string) => Address | undefined;
  /** Undefined for a project that must not be taken for a source project of the same name. */
  readonly project: (name: string) => string | undefined;
  /** Undefined for a person who must not be taken for the source's person of the same address. */
  readonly email: (email: string) => string | undefined;
}

export interface AddressBook {
  readonly addressed: readonly Addressed[];
  /** Objects that share an address with an older one. */
  readonly ambiguous: readonly Addressed[];
  /** Objects whose owner or grantee is not in what was listed, by kind. */
  readonly orphans: ReadonlyMap<ResourceKind, number>;
  find(kinds: readonly AddressKind[], id: string): Addressed | undefined;
}

/** Gives every object its address, owners first: `RESOURCE_KINDS` is ordered so that no owner comes after what it owns. */
export function addressResources(raw: RawInventory, naming: Naming): AddressBook {
  const book = new Map<string, Addressed>();
  const taken = new Map<Address, Addressed>();
  const ambiguous: Addressed[] = [];
  const orphans = new Map<ResourceKind, number>();
  const find = (kinds: readonly AddressKind[], id: string): Addressed | undefined => {
    for (const kind of kinds) {
      const found = book.get(`${kind}:${id}`);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  for (const kind of RESOURCE_KINDS) {
    const definition = PROVIDERS[kind];
    const known = (object: JsonObject): Address | undefined => naming.known(kind, idOf(definition, object));
    for (const object of knownThenOldestFirst(raw.objects.get(kind) ?? [], known)) {
      const place = placeOf(definition, object, raw.org.orgId, find, naming);
      const named = place === undefined ? undefined : formatAddress(kind, place.path);
      const address = known(object) ?? named;
      if (address === undefined) {
        orphans.set(kind, (orphans.get(kind) ?? 0) + 1);
        continue;
      }
      const id = idOf(definition, object);
      const version =
        definition.versioned === true && typeof object._xact_id === 'string' ? object._xact_id : undefined;
      const entry: Addressed = {
        definition,
        raw: object,
        id,
        address,
        named: named ?? address,
        project: kind === 'project' ? address : place?.project,
        version,
      };
      book.set(`${kind}:${id}`, entry);
      if (taken.has(address)) ambiguous.push(entry);
      else taken.set(address, entry);
    }
  }
  return { addressed: [...taken.values()], ambiguous, orphans, find };
}

/** An assignment has no id of its own on every server, so its place serves as one. */
export function idOf(definition: ProviderDefinition, object: JsonObject): string {
  if (typeof object.id === 'string') return object.id;
  return [object.object_type, object.object_id, ...definition.key.map((field) => object[field])].map(String).join(':');
}

interface Place {
  readonly path: readonly string[];
  readonly project: Address | undefined;
}

function placeOf(
  definition: ProviderDefinition,
  object: JsonObject,
  orgId: string,
  find: AddressBook['find'],
  naming: Naming,
): Place | undefined {
  const keys = definition.key.map((field) => keySegment(definition, object, field, find, naming));
  if (keys.some((segment) => segment === undefined)) return undefined;
  const own = keys as string[];
  const { owner } = definition;
  if (owner.in === 'organization') return { path: own, project: undefined };
  if (owner.in === 'container') {
    const container = find([owner.kind], String(object[owner.field]));
    return container === undefined
      ? undefined
      : { path: [...pathOf(container.address), ...own], project: container.project };
  }
  const type = String(object[owner.typeField]);
  const kinds = kindsOfObjectType(type);
  if (kinds === undefined) return undefined;
  if (kinds[0] === 'organization') {
    if (object[owner.idField] !== orgId) return undefined;
    // An ACL's address names its object even where that is the organization, so that it always has five segments.
    return { path: definition.kind === 'acl' ? [type, '-', ...own] : [type, ...own], project: undefined };
  }
  const target = find(kinds, String(object[owner.idField]));
  return target === undefined
    ? undefined
    : { path: [type, ...pathOf(target.address), ...own], project: target.project };
}

// `a|b` names whichever of the fields is set; a reference shows as what it refers to, `user:ann@example.com`.
function keySegment(
  definition: ProviderDefinition,
  object: JsonObject,
  fields: string,
  find: AddressBook['find'],
  naming: Naming,
): string | undefined {
  const field = fields.split('|').find((name) => object[name] !== null && object[name] !== undefined);
  if (field === undefined) return '-';
  const value = String(object[field]);
  if (definition.kind === 'project') return naming.project(value);
  if (definition.kind === 'user') return naming.email(value.toLowerCase());
  const rule = definition.references?.find(({ path }) => path === field);
  if (rule === undefined || typeof rule.to !== 'string') return value;
  const target = find([rule.to], value);
  return target === undefined ? undefined : `${rule.to}:${pathOf(target.address).join('.')}`;
}

function pathOf(address: Address): readonly string[] {
  return parseAddress(address).path;
}

// What the state knows keeps its address; of two others with one address, the older does.
function knownThenOldestFirst(
  objects: readonly JsonObject[],
  known: (object: JsonObject) => Address | undefined,
): JsonObject[] {
  const rank = (object: JsonObject): string =>
    `${known(object) === undefined ? 1 : 0} ${String(object.created ?? '')} ${String(object.id ?? '')}`;
  return objects
    .map((object) => ({ object, rank: rank(object) }))
    .sort((a, b) => compareText(a.rank, b.rank))
    .map(({ object }) => object);
}
