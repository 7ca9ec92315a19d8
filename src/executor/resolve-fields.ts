import type { Address } from '../domain/address.ts';
import { sha256 } from '../domain/fingerprint.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { PlannedAction } from '../domain/plan.ts';
import type { Secret } from '../domain/secret.ts';
import type { Inventories } from '../inventory/read-inventories.ts';
import type { ProviderDefinition } from '../providers/define-provider.ts';
import { copyObject } from '../providers/field-path.ts';
import { providerOf } from '../providers/registry.ts';
import { resolveMarkers } from '../providers/resolve-markers.ts';
import type { DestinationBook } from './destination-book.ts';

/** Where markers find what they stand for. */
export interface ResolveContext {
  readonly inventories: Inventories;
  readonly book: DestinationBook;
  readonly secrets: ReadonlyMap<string, Secret>;
}

/** The fields of an action as they are sent. @throws BTM_FAILED for what should be in the destination and is not. */
export function resolve(
  action: PlannedAction,
  definition: ProviderDefinition,
  fields: JsonObject,
  context: ResolveContext,
): JsonObject {
  return resolveMarkers(definition, fields, {
    id: (address) => context.book.id(address),
    key: (address) => keyOf(address, context),
    version: (address) => context.book.version(address),
    pinned: (address, version) => context.book.pinned(address, version),
    secret: () => context.secrets.get(action.address),
    hidden: (path, digest) => credentialOf(action, path, digest, context),
  });
}

// The name it has in the destination once the plan is applied: what the spec renames is renamed in the source's fields.
function keyOf(address: Address, { inventories: { source, destination } }: ResolveContext): string | undefined {
  const fields = (source.resources.get(address) ?? destination.resources.get(address))?.fields;
  const key = fields?.[providerOf(address).key[0] ?? ''];
  return typeof key === 'string' ? key : undefined;
}

// The digest says whose credential the plan means: an ignored one is written back as the destination has it.
function credentialOf(
  { address }: PlannedAction,
  path: string,
  digest: Json | undefined,
  { inventories: { source, destination } }: ResolveContext,
): Secret | undefined {
  return [source, destination]
    .map(({ resources }) => resources.get(address)?.hidden.get(path))
    .find((secret) => secret !== undefined && sha256(secret.reveal()) === digest);
}

/** What the destination held is only needed to tell what changes: a reference that no longer resolves stays a marker. */
export function resolveKnown(
  action: PlannedAction,
  definition: ProviderDefinition,
  fields: JsonObject,
  context: ResolveContext,
): JsonObject {
  return resolveMarkers(definition, copyObject(fields), {
    id: (address) => context.book.id(address) ?? address,
    key: (address) => keyOf(address, context) ?? address,
    version: (address) => context.book.version(address) ?? address,
    pinned: (address, version) => context.book.pinned(address, version),
    secret: () => undefined,
    hidden: (path) => context.inventories.destination.resources.get(action.address)?.hidden.get(path),
  });
}
