import { type Address, formatAddress, kindOf } from '../domain/address.ts';
import { isObject, type Json, type JsonObject } from '../domain/json.ts';
import type { AddressKind } from '../domain/kind.ts';
import { type MarkerName, markerText } from '../domain/marker.ts';
import type { Loss, Pin } from '../domain/resource.ts';
import { sameVersion } from '../domain/version.ts';
import { kindsOfObjectType, type ProviderDefinition, type ReferenceRule } from './define-provider.ts';
import { copyObject, mapFields, parseFieldPath, REMOVED, type Step, valuesAt } from './field-path.ts';

/** What an id stands for in one organization. */
export interface Target {
  readonly address: Address;
  /** Newest version, when the target is versioned. */
  readonly version: string | undefined;
  /** What the source calls a version of this object, where that is known. */
  readonly nameOf?: (version: string) => string;
}

/** `unlisted`: nothing may be said, because a list that could hold it failed. */
export type ResolveId = (kinds: readonly AddressKind[], id: string) => Target | 'unlisted' | undefined;

/** The project that a slug belongs to, by its id or by its name. */
export type ProjectKey = { readonly id: string } | { readonly name: string };

/** Like `ResolveId`, of a slug in a project; without a project the text is a project's name. */
export type ResolveName = (
  kinds: readonly AddressKind[],
  name: string,
  project: ProjectKey | undefined,
) => Target | 'unlisted' | undefined;

/**
 * Replaces every id or name that a definition's references lead to by a marker, and every version pin beside it. A pin of
 * rows, and one that the object can do without, is taken out.
 */
export function markReferences(
  definition: ProviderDefinition,
  fields: JsonObject,
  resolve: ResolveId,
  resolveName: ResolveName,
): { readonly fields: JsonObject; readonly losses: readonly Loss[]; readonly pins: readonly Pin[] } {
  const losses: Loss[] = [];
  const pins: Pin[] = [];
  let marked = fields;
  for (const rule of definition.references ?? []) {
    const dropped: string[] = [];
    marked = atReference(marked, rule, (id, version, path, holder) => {
      const project = projectOf(holder);
      // A slug without its project is not a reference but a word.
      if (typeof id !== 'string' || (rule.by === 'slug' && project === undefined)) return { id, version };
      const kinds = targetKinds(rule, marked) ?? [];
      const target =
        rule.by === undefined ? resolve(kinds, id) : resolveName(kinds, id, rule.by === 'slug' ? project : undefined);
      if (target === undefined || target === 'unlisted') {
        if (rule.missing !== 'drop' || target === 'unlisted')
          return { id: { $missing: `${kinds[0] ?? 'object'}:${id}` }, version };
        losses.push({ path, reason: 'reference_dropped' });
        dropped.push(path);
        return { id: REMOVED, version: REMOVED };
      }
      if (typeof version === 'string' && isAside(rule, target)) {
        const required = rule.oldVersion !== 'drop';
        pins.push({ field: siblingPath(path, rule), target: target.address, version, required });
        return { id: { $ref: target.address }, version: REMOVED };
      }
      const pin = markVersion(rule, version, target);
      if (pin === REMOVED) losses.push({ path: siblingPath(path, rule), reason: 'pin_dropped' });
      return { id: { $ref: target.address }, version: pin };
    });
    if (dropped.length > 0 && rule.breakAt !== undefined && rule.breakAt !== 'never') {
      marked = mapFields(marked, parseFieldPath(rule.breakAt), () => REMOVED);
    }
  }
  return { fields: marked, losses, pins };
}

// Provenance is never worth a write of its own, so its version is dropped or kept where it stands.
function isAside(rule: ReferenceRule, { address }: Target): boolean {
  return kindOf(address) === 'dataset' || (rule.oldVersion === 'drop' && rule.missing !== 'drop');
}

function projectOf(holder: JsonObject): ProjectKey | undefined {
  if (typeof holder.project_id === 'string') return { id: holder.project_id };
  return typeof holder.project_name === 'string' ? { name: holder.project_name } : undefined;
}

/** The kinds a rule may lead to, or undefined when the object's type is one we do not model. */
function targetKinds(rule: ReferenceRule, fields: JsonObject): readonly AddressKind[] | undefined {
  if (typeof rule.to === 'string') return [rule.to];
  if (!('kindFrom' in rule.to)) return rule.to;
  const [type] = valuesAt(fields, rule.to.kindFrom);
  return typeof type === 'string' ? kindsOfObjectType(type) : undefined;
}

/** One marker found where a rule says that a reference lives. */
export interface FoundReference {
  readonly rule: ReferenceRule;
  readonly marker: MarkerName;
  readonly text: string;
  readonly path: string;
}

/**
 * Lists the markers at a definition's references, ids before the versions beside them, and then what its fields refer to
 * by name, as if that were a `$ref`.
 */
export function findReferences(definition: ProviderDefinition, fields: JsonObject): FoundReference[] {
  const found: FoundReference[] = [];
  for (const rule of definition.references ?? []) {
    atReference(fields, rule, (id, version, path) => {
      for (const [value, at] of [[id, path] as const, [version, siblingPath(path, rule)] as const]) {
        for (const marker of ['$ref', '$version', '$missing', '$pin'] as const) {
          const text = markerText(value as Json | undefined, marker);
          if (text !== undefined) found.push({ rule, marker, text, path: at });
        }
      }
      return { id, version };
    });
  }
  for (const { path, to } of definition.names ?? []) {
    for (const name of valuesAt(fields, path)) {
      if (typeof name !== 'string') continue;
      found.push({ rule: { path, to, breakAt: 'never' }, marker: '$ref', text: formatAddress(to, [name]), path });
    }
  }
  return found;
}

/** True for what stands in a field that is only written once the object exists: it does not keep it from being made. */
export function isWrittenLater({ writes }: ProviderDefinition, { path }: Pick<FoundReference, 'path'>): boolean {
  return writes?.secondWrite?.includes(path.split(/[.[]/, 1)[0] ?? path) === true;
}

/**
 * Leaves out the references that `unwanted` picks, with whatever is meaningless without them: the array element, the
 * object around an `id`, or what the rule's `breakAt` says. Returns undefined when one cannot be left out.
 */
export function withoutReferences(
  definition: ProviderDefinition,
  fields: JsonObject,
  unwanted: (reference: { readonly rule: ReferenceRule; readonly text: string }) => boolean,
): JsonObject | undefined {
  let rest = fields;
  for (const rule of definition.references ?? []) {
    const isUnwanted = (value: Json): boolean => valuesUnder(value, rule).some((text) => unwanted({ rule, text }));
    if (!isUnwanted(rest)) continue;
    if (rule.breakAt === 'never') return undefined;
    const cut = cutSteps(rule);
    if (rule.version !== undefined && cut.length === parseFieldPath(rule.path).length) {
      // The reference is a field of its own, and the version beside it means nothing without it.
      rest = atReference(rest, rule, (id, version) =>
        isUnwantedId(id, rule, unwanted) ? { id: REMOVED, version: REMOVED } : { id, version },
      );
      continue;
    }
    const below = parseFieldPath(rule.path).slice(cut.length);
    rest = mapFields(rest, cut, (value) =>
      markersBelow(value, below).some((text) => unwanted({ rule, text })) ? REMOVED : value,
    );
  }
  return rest;
}

function isUnwantedId(
  id: Json,
  rule: ReferenceRule,
  unwanted: (reference: { readonly rule: ReferenceRule; readonly text: string }) => boolean,
): boolean {
  return markersBelow(id, []).some((text) => unwanted({ rule, text }));
}

function valuesUnder(fields: Json, rule: ReferenceRule): string[] {
  return markersBelow(fields, parseFieldPath(rule.path));
}

function markersBelow(value: Json, steps: readonly Step[]): string[] {
  const texts: string[] = [];
  const collect = (item: Json): Json => {
    const text = markerText(item, '$ref') ?? markerText(item, '$missing');
    if (text !== undefined) texts.push(text);
    return item;
  };
  if (steps.length === 0) collect(value);
  else mapFields({ value }, [{ key: 'value' }, ...steps], collect);
  return texts;
}

// An element of a list goes as a whole, and so does the object around an `id`; any other reference is its own key.
function cutSteps(rule: ReferenceRule): readonly Step[] {
  const steps = parseFieldPath(rule.path);
  if (rule.breakAt !== undefined) return parseFieldPath(rule.breakAt);
  const wildcard = steps.findLastIndex((step) => step === '[]' || step === '*');
  if (wildcard >= 0) return steps.slice(0, wildcard + 1);
  const last = steps.at(-1);
  return typeof last === 'object' && 'key' in last && last.key === 'id' && steps.length > 1
    ? steps.slice(0, -1)
    : steps;
}

function markVersion(
  rule: ReferenceRule,
  version: Json | undefined,
  target: Target,
): Json | undefined | typeof REMOVED {
  if (typeof version !== 'string') return version;
  if (target.version !== undefined && sameVersion(version, target.version)) return { $version: target.address };
  return rule.oldVersion === 'drop' ? REMOVED : { $pin: `${target.address}@${target.nameOf?.(version) ?? version}` };
}

type Removable = Json | undefined | typeof REMOVED;

function atReference(
  fields: JsonObject,
  rule: ReferenceRule,
  change: (
    id: Json,
    version: Json | undefined,
    path: string,
    holder: JsonObject,
  ) => { readonly id: Removable; readonly version: Removable },
): JsonObject {
  const steps = parseFieldPath(rule.path);
  const last = steps.at(-1);
  if (last === undefined || typeof last !== 'object' || !('key' in last)) {
    return mapFields(fields, steps, (value, path) => change(value, undefined, path, {}).id ?? null);
  }
  return mapFields({ fields }, [{ key: 'fields' }, ...steps.slice(0, -1)], (holder, at) => {
    if (!isObject(holder) || holder[last.key] === undefined || holder[last.key] === null) return holder;
    const prefix = at.slice('fields.'.length);
    const path = prefix === '' ? last.key : `${prefix}.${last.key}`;
    const version = rule.version === undefined ? undefined : holder[rule.version];
    const changed = change(holder[last.key] as Json, version, path, holder);
    const copy = copyObject(holder);
    put(copy, last.key, changed.id);
    if (rule.version !== undefined) put(copy, rule.version, changed.version);
    return copy;
  }).fields as JsonObject;
}

function put(target: Record<string, Json>, key: string, value: Removable): void {
  if (value === REMOVED || value === undefined) delete target[key];
  else target[key] = value;
}

function siblingPath(path: string, rule: ReferenceRule): string {
  return path.slice(0, path.lastIndexOf('.') + 1) + (rule.version ?? '');
}
