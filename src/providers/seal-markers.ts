import type { Address } from '../domain/address.ts';
import { canonicalJson, isObject, type Json, type JsonObject } from '../domain/json.ts';
import { markerText } from '../domain/marker.ts';
import { parseJson } from '../domain/parse-json.ts';
import type { ProviderDefinition, ReferenceRule } from './define-provider.ts';
import { mapFields, parseFieldPath, REMOVED, type Step } from './field-path.ts';

/** No server stores text that begins so: it is not printable. */
const SEAL = '\u0000marker:';

/**
 * Turns every marker into one text, so that two of them are compared and replaced whole: what stands behind a marker is
 * a single value, although the marker is an object. Only where the definition says that markers live.
 */
export function sealMarkers(definition: ProviderDefinition, fields: JsonObject): JsonObject {
  return atMarkers(definition, fields, (value) => (isObject(value) ? SEAL + canonicalJson(value) : value));
}

/** Undoes `sealMarkers`. */
export function unsealMarkers(definition: ProviderDefinition, fields: JsonObject): JsonObject {
  return atMarkers(definition, fields, (value) =>
    typeof value === 'string' && value.startsWith(SEAL) ? parseJson(value.slice(SEAL.length)) : value,
  );
}

/** Path of the version beside a reference. */
export function versionPathOf({ path, version }: ReferenceRule): string | undefined {
  return version === undefined ? undefined : path.slice(0, path.lastIndexOf('.') + 1) + version;
}

/** Replaces the versions beside references as `change` says of their target and marker; undefined leaves one as it is. */
export function mapVersions(
  definition: ProviderDefinition,
  fields: JsonObject,
  change: (target: Address, marker: '$pin' | '$version') => Json | typeof REMOVED | undefined,
): JsonObject {
  let mapped = fields;
  for (const rule of definition.references ?? []) {
    const path = versionPathOf(rule);
    if (path === undefined) continue;
    mapped = mapFields(mapped, parseFieldPath(path), (value) => {
      const pin = markerText(value, '$pin');
      const target = pin === undefined ? markerText(value, '$version') : pin.slice(0, pin.lastIndexOf('@'));
      return (target === undefined ? undefined : change(target, pin === undefined ? '$version' : '$pin')) ?? value;
    });
  }
  return mapped;
}

/** Replaces what refers to something by its name or slug, as `change` says of the marker. */
export function mapNames(
  definition: ProviderDefinition,
  fields: JsonObject,
  change: (marker: Json) => Json | typeof REMOVED,
): JsonObject {
  return (definition.references ?? [])
    .filter(({ by }) => by !== undefined)
    .reduce((mapped, { path }) => mapFields(mapped, parseFieldPath(path), change), fields);
}

/** Leaves out the versions that stand beside the fields when an object is read (`Resource.pins`): no fingerprint holds them. */
export function withoutPins(definition: ProviderDefinition, fields: JsonObject): JsonObject {
  let rest = fields;
  for (const rule of definition.references ?? []) {
    const path = versionPathOf(rule);
    const mayBeRows = rule.to === 'dataset' || (typeof rule.to === 'object' && 'kindFrom' in rule.to);
    const isOptional = rule.oldVersion === 'drop' && rule.missing !== 'drop';
    if (path === undefined || !(mayBeRows || isOptional)) continue;
    rest = mapFields(rest, parseFieldPath(path), (value) => (isOptional || isRowVersion(value) ? REMOVED : value));
  }
  return rest;
}

// Versions of anything else are markers: what the destination calls them is not known before.
function isRowVersion(value: Json): boolean {
  return typeof value === 'string' || markerText(value, '$version')?.startsWith('dataset_rows.') === true;
}

/**
 * Leaves out references to what is gone, by whatever they are made, with all versions: the same fields read before and
 * after their targets were deleted become equal.
 */
export function withoutTargets(
  definition: ProviderDefinition,
  fields: JsonObject,
  isGone: (target: Address) => boolean,
): JsonObject {
  let rest = fields;
  for (const rule of definition.references ?? []) {
    rest = mapFields(rest, parseFieldPath(rule.path), (value) => {
      const target = markerText(value, '$ref');
      return markerText(value, '$missing') !== undefined || (target !== undefined && isGone(target)) ? null : value;
    });
    const version = versionPathOf(rule);
    if (version !== undefined) rest = mapFields(rest, parseFieldPath(version), () => REMOVED);
  }
  return rest;
}

/** Replaces the addresses in the markers of references and versions. */
export function renameTargets(
  definition: ProviderDefinition,
  fields: JsonObject,
  rename: (address: Address) => Address,
): JsonObject {
  return atMarkers(definition, fields, (value) => {
    for (const name of ['$ref', '$version'] as const) {
      const text = markerText(value, name);
      if (text !== undefined) return { [name]: rename(text) };
    }
    const pin = markerText(value, '$pin');
    if (pin === undefined) return value;
    const at = pin.lastIndexOf('@');
    return { $pin: rename(pin.slice(0, at)) + pin.slice(at) };
  });
}

function atMarkers(definition: ProviderDefinition, fields: JsonObject, change: (value: Json) => Json): JsonObject {
  return markerPaths(definition).reduce((changed, steps) => mapFields(changed, steps, change), fields);
}

const known = new WeakMap<ProviderDefinition, readonly (readonly Step[])[]>();

function markerPaths(definition: ProviderDefinition): readonly (readonly Step[])[] {
  let steps = known.get(definition);
  if (steps === undefined) {
    const { references = [], hidden = [], secret } = definition;
    const paths = [...references.flatMap((rule) => [rule.path, versionPathOf(rule)]), ...hidden, secret];
    steps = paths.flatMap((path) => (path === undefined ? [] : [parseFieldPath(path)]));
    known.set(definition, steps);
  }
  return steps;
}
