import type { Address } from '../domain/address.ts';
import { BtMigrateError } from '../domain/errors.ts';
import { isObject, type Json, type JsonObject } from '../domain/json.ts';
import { markerText } from '../domain/marker.ts';
import type { Secret } from '../domain/secret.ts';
import type { ProviderDefinition } from './define-provider.ts';
import { copyObject, mapFields, parseFieldPath } from './field-path.ts';
import { versionPathOf } from './seal-markers.ts';

/** Where the values behind markers come from while a plan is applied. */
export interface MarkerValues {
  readonly id: (address: Address) => string | undefined;
  /** Name or slug, whichever the kind is found by. */
  readonly key: (address: Address) => string | undefined;
  readonly version: (address: Address) => string | undefined;
  /** The destination's version with the content of this version of the source; undefined for one of the destination's own. */
  readonly pinned: (address: Address, version: string) => string | undefined;
  /** Value of the operator's variable. */
  readonly secret: (name: string) => Secret | undefined;
  /** Credential read again, by its path and the digest the plan has of it. */
  readonly hidden: (path: string, digest: Json | undefined) => Secret | undefined;
}

/**
 * Replaces the markers of a plan by the destination's values, only where the definition says that references and
 * secrets live: the same shape inside user data is user data.
 * @throws BTM_FAILED naming the address when something it needs has no id yet: a defect of the plan's order.
 */
export function resolveMarkers(definition: ProviderDefinition, fields: JsonObject, values: MarkerValues): JsonObject {
  let resolved = fields;
  for (const rule of definition.references ?? []) {
    resolved = mapFields(resolved, parseFieldPath(rule.path), (value) =>
      resolveReference(value, values, rule.by === undefined ? values.id : values.key),
    );
    const path = versionPathOf(rule);
    if (path === undefined) continue;
    resolved = mapFields(resolved, parseFieldPath(path), (value) => resolveReference(value, values, values.id));
  }
  for (const path of definition.hidden ?? []) {
    resolved = mapFields(resolved, parseFieldPath(path), (value, at) => {
      if (!isObject(value) || markerText(value, '$from_source') === undefined) return value;
      return required(values.hidden(at, value.digest)?.reveal(), `the credential at ${at}`);
    });
  }
  const name = definition.secret === undefined ? undefined : markerText(resolved[definition.secret], '$secret');
  if (definition.secret === undefined || name === undefined) return resolved;
  const copy = copyObject(resolved);
  copy[definition.secret] = required(values.secret(name)?.reveal(), `$${name}`);
  return copy;
}

function resolveReference(value: Json, values: MarkerValues, target: MarkerValues['id']): Json {
  const address = markerText(value, '$ref');
  if (address !== undefined) return required(target(address), address);
  const version = markerText(value, '$version');
  if (version !== undefined) return required(values.version(version), `a version of ${version}`);
  // Planned only where the destination holds just that, so it goes back as it came.
  const missing = markerText(value, '$missing');
  if (missing !== undefined) return missing.slice(missing.indexOf(':') + 1);
  const pin = markerText(value, '$pin');
  if (pin === undefined) return value;
  const at = pin.lastIndexOf('@');
  return values.pinned(pin.slice(0, at), pin.slice(at + 1)) ?? pin.slice(at + 1);
}

function required(value: string | undefined, what: string): string {
  if (value !== undefined) return value;
  throw new BtMigrateError('BTM_FAILED', {
    detail: `The destination has nothing yet for ${what}, which this write needs.`,
  });
}
