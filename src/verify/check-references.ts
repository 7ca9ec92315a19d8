import { type Address, matchesPattern } from '../domain/address.ts';
import { isArray, isObject, type Json, type JsonObject } from '../domain/json.ts';
import type { Inventory, Resource } from '../domain/resource.ts';
import type { Spec } from '../domain/spec.ts';
import type { StateSnapshot } from '../domain/state.ts';
import type { BrokenReference } from '../domain/verification.ts';
import { mapFields, parseFieldPath, REMOVED } from '../providers/field-path.ts';
import { type FoundReference, findReferences } from '../providers/references.ts';
import { PROVIDERS } from '../providers/registry.ts';

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

export interface Migrated {
  readonly spec: Spec;
  readonly source: Inventory;
  readonly destination: Inventory;
  readonly state: Pick<StateSnapshot, 'mappings'>;
  /** UTC date, YYYY-MM-DD: what the spec ignores may have expired. */
  readonly asOf: string;
}

/** What was found of one object of the destination. */
export interface ObjectReferences {
  /** References that were followed. */
  readonly followed: number;
  /** Those that lead to nothing in the destination, or back to the source. */
  readonly broken: readonly BrokenReference[];
  /** Ids of the source in texts: nobody can tell whether they are meant as references. */
  readonly idsInText: number;
}

/**
 * Follows every modelled reference of every destination object that belongs to the migration: it must lead to an object of
 * the destination. What may be in a list that failed, and what the spec ignores, is not followed. Pure.
 */
export function checkReferences(migrated: Migrated): ReadonlyMap<Address, ObjectReferences> {
  const { source, destination } = migrated;
  const sourceIds = new Set([source.org.orgId, ...[...source.resources.values()].map(({ id }) => id)]);
  const unlisted = new Set<string>(
    destination.unknown.filter(({ code }) => code !== 'not_supported').map(({ kind }) => kind),
  );
  const found = new Map<Address, ObjectReferences>();
  for (const resource of belonging(migrated)) {
    const fields = comparedFields(resource, migrated);
    const references = findReferences(PROVIDERS[resource.kind], fields).filter(
      ({ marker, text }) => (marker === '$ref' || marker === '$missing') && !unlisted.has(kindIn(text)),
    );
    found.set(resource.address, {
      followed: references.length,
      broken: references.flatMap((one) => brokenAs(one, destination, sourceIds) ?? []),
      idsInText: countIds(fields, sourceIds),
    });
  }
  return found;
}

// What the source has too, and what this state made or adopted although the source has deleted it since.
function belonging({ source, destination, state }: Migrated): Resource[] {
  const ours = new Set(state.mappings.map(({ kind, destinationId }) => `${kind}:${destinationId}`));
  return [...destination.resources.values()].filter(
    ({ kind, id, address, builtIn }) =>
      !builtIn && (source.resources.get(address)?.selected === true || ours.has(`${kind}:${id}`)),
  );
}

function comparedFields({ address, fields }: Resource, { spec, asOf }: Migrated): JsonObject {
  return spec.ignore
    .filter(({ at, expires }) => (expires === undefined || asOf <= expires) && matchesPattern(at, address))
    .reduce((rest, { path }) => mapFields(rest, parseFieldPath(path), () => REMOVED), fields);
}

/** The kind in an address, or in the `KIND:ID` of what is missing. */
function kindIn(text: string): string {
  return text.split(/[.:]/, 1)[0] ?? text;
}

function brokenAs(
  { marker, text, path }: FoundReference,
  destination: Inventory,
  sourceIds: ReadonlySet<string>,
): BrokenReference | undefined {
  if (marker === '$ref') {
    if (text === 'organization' || destination.resources.has(text)) return undefined;
    return { row: null, path, reference: text, leads_to: 'nothing' };
  }
  const id = text.slice(text.indexOf(':') + 1);
  return { row: null, path, reference: text, leads_to: sourceIds.has(id) ? 'source' : 'nothing' };
}

// Iterative, because user data may be nested deeper than the call stack.
function countIds(fields: JsonObject, sourceIds: ReadonlySet<string>): number {
  let count = 0;
  const open: Json[] = [fields];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value === 'string') {
      for (const [id] of value.matchAll(UUID)) if (sourceIds.has(id.toLowerCase())) count += 1;
    } else if (isArray(value)) for (const item of value) open.push(item);
    else if (isObject(value) && !Object.hasOwn(value, '$missing')) open.push(...Object.values(value));
  }
  return count;
}
