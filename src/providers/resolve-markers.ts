import type { Address } from '../domain/address.ts';
import { BtMigrateError } from '../domain/errors.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { markerText } from '../domain/marker.ts';
import type { Secret } from '../domain/secret.ts';
import type { ProviderDefinition } from './define-provider.ts';
import { copyObject, mapFields, parseFieldPath } from './field-path.ts';

/** Where the values behind markers come from while a plan is applied. */
export interface MarkerValues {
  readonly id: (address: Address) => string | undefined;
  readonly version: (address: Address) => string | undefined;
  /** Value of the operator's variable. */
  readonly secret: (name: string) => Secret | undefined;
  /** Credential read from the source again, by path. */
  readonly hidden: (path: string) => Secret | undefined;
}

/**
 * Replaces the markers of a plan by the destination's values, only where the definition says that references and
 * secrets live: the same shape inside user data is user data.
 * @throws BTM_FAILED naming the address when something it needs has no id yet: a defect of the plan's order.
 */
export function resolveMarkers(definition: ProviderDefinition, fields: JsonObject, values: MarkerValues): JsonObject {
  let resolved = fields;
  for (const rule of definition.references ?? []) {
    resolved = mapFields(resolved, parseFieldPath(rule.path), (value) => resolveReference(value, values));
    if (rule.version !== undefined) {
      const path = rule.path.includes('.')
        ? `${rule.path.slice(0, rule.path.lastIndexOf('.'))}.${rule.version}`
        : rule.version;
      resolved = mapFields(resolved, parseFieldPath(path), (value) => resolveReference(value, values));
    }
  }
  for (const path of definition.hidden ?? []) {
    resolved = mapFields(resolved, parseFieldPath(path), (value, at) => {
      if (markerText(value, '$from_source') === undefined) return value;
      return required(values.hidden(at)?.reveal(), `the credential at ${at} of the source object`);
    });
  }
  const name = definition.secret === undefined ? undefined : markerText(resolved[definition.secret], '$secret');
  if (definition.secret === undefined || name === undefined) return resolved;
  const copy = copyObject(resolved);
  copy[definition.secret] = required(values.secret(name)?.reveal(), `$${name}`);
  return copy;
}

function resolveReference(value: Json, values: MarkerValues): Json {
  const id = markerText(value, '$ref');
  if (id !== undefined) return required(values.id(id), id);
  const version = markerText(value, '$version');
  return version === undefined ? value : required(values.version(version), `a version of ${version}`);
}

function required(value: string | undefined, what: string): string {
  if (value !== undefined) return value;
  throw new BtMigrateError('BTM_FAILED', {
    detail: `The destination has nothing yet for ${what}, which this write needs.`,
  });
}
