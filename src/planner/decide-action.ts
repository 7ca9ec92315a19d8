import { type Address, kindOf, matchesPattern } from '../domain/address.ts';
import { equalJson, type Json, type JsonObject } from '../domain/json.ts';
import { markerText } from '../domain/marker.ts';
import type { PlannedChange, Reason } from '../domain/plan.ts';
import type { FieldChange, Loss, Resource } from '../domain/resource.ts';
import type { Spec } from '../domain/spec.ts';
import type { IdMapping } from '../domain/state.ts';
import { carryField } from '../providers/carry-field.ts';
import { chooseWrite, fieldsAfterWrite, type UpdateFields } from '../providers/choose-write.ts';
import { comparable } from '../providers/comparable.ts';
import type { ProviderDefinition } from '../providers/define-provider.ts';
import { diffFields } from '../providers/diff-fields.ts';
import { valuesAt } from '../providers/field-path.ts';
import { type FoundReference, findReferences, isWrittenLater, withoutReferences } from '../providers/references.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { mapNames, mapVersions } from '../providers/seal-markers.ts';
import type { Draft } from './draft.ts';
import type { FormerNames } from './former-names.ts';
import { isProtected } from './is-protected.ts';
import type { Block, Prospects } from './judge-resource.ts';
import type { VersionMap } from './version-map.ts';

/** What deciding about one resource needs to know beyond the resource. */
export interface Facts {
  readonly spec: Spec;
  readonly asOf: string;
  readonly prospects: Prospects;
  /** The mapping of the destination object that answers to the address: without one it is not ours. */
  readonly mapping: IdMapping | undefined;
  /** Objects that get a new version by this plan, each with the pin `ADDRESS@VERSION` of the one it has now. */
  readonly moving: ReadonlyMap<Address, string>;
  /** Objects that get another name or slug by this plan, each with the one it has now. */
  readonly renamed: ReadonlyMap<Address, string>;
  readonly former: FormerNames;
  readonly versions: VersionMap;
  /** HMAC of the operator's secret for this address, and the one last written. */
  readonly secret: { readonly current: string | undefined; readonly written: string | undefined };
}

/** Decides what is to be done about one selected source resource: one action, or two when a part of it is impossible. */
export function decideAction(resource: Resource, facts: Facts): Draft[] {
  const prospect = facts.prospects.of(resource.address);
  if (prospect.is === 'blocked') return [blocked(resource, prospect)];
  if (prospect.is === 'absent') return [];
  const wanted = wantedFields(resource, facts);
  if (prospect.is === 'to_create') return createWhatCan(resource, wanted, facts);
  return compareWithDestination(resource, prospect.destination, wanted, facts);
}

interface Wanted {
  readonly fields: JsonObject;
  readonly losses: readonly Loss[];
}

// What the destination should hold: the source's fields without the references that policy gives up.
function wantedFields(resource: Resource, { prospects }: Facts): Wanted {
  const definition = PROVIDERS[resource.kind];
  const dropped = findReferences(definition, resource.fields)
    .filter((found) => found.marker === '$ref' || found.marker === '$missing')
    .filter((found) => prospects.drops(found));
  if (dropped.length === 0) return { fields: resource.fields, losses: resource.losses };
  const fields =
    withoutReferences(definition, resource.fields, (reference) => prospects.drops(reference)) ?? resource.fields;
  const losses = dropped.map(({ path }): Loss => ({ path, reason: 'reference_dropped' }));
  return { fields, losses: [...resource.losses, ...losses] };
}

// What is written once the object exists may be impossible on its own: a project whose baseline experiment is left out.
function createWhatCan(resource: Resource, wanted: Wanted, facts: Facts): Draft[] {
  const definition = PROVIDERS[resource.kind];
  const later = findReferences(definition, wanted.fields).filter((one) => isWrittenLater(definition, one));
  const block = facts.prospects.firstBlock(later);
  if (block === undefined) return [create(resource, wanted, facts)];
  const now = Object.entries(wanted.fields).filter(([path]) => !isWrittenLater(definition, { path }));
  return [create(resource, { ...wanted, fields: Object.fromEntries(now) }, facts), blocked(resource, block)];
}

function create(resource: Resource, wanted: Wanted, { spec, versions }: Facts): Draft {
  const definition = PROVIDERS[resource.kind];
  const draft = { address: resource.address, source: resource, destination: undefined };
  if (spec.policy.activate === 'never' && activates(definition, wanted.fields)) {
    return { ...draft, op: 'skip', reason: 'not_activated', losses: wanted.losses };
  }
  const secret = secretField(definition, resource, spec);
  const history = versions.history(resource.address);
  return {
    ...draft,
    op: 'create',
    reason: resource.kind === 'user' ? 'user_invited' : 'missing_in_destination',
    after: { ...wanted.fields, ...secret },
    ...(history.length === 0 ? {} : { history }),
    losses: secretLoss(definition, secret, wanted.losses),
  };
}

function compareWithDestination(resource: Resource, destination: Resource, wanted: Wanted, facts: Facts): Draft[] {
  const { spec, mapping, prospects } = facts;
  const definition = PROVIDERS[resource.kind];
  const base = { address: resource.address, source: resource, destination };
  const secretMoved = isSecretDue(definition, resource, facts);
  const losses = secretMoved ? wanted.losses : [...wanted.losses, ...missingSecret(definition, destination, facts)];
  const skip = (reason: Reason): Draft[] => [{ ...base, op: 'skip', reason, losses }];
  if (resource.builtIn || destination.builtIn) return skip('built_in');
  const isOurs = mapping !== undefined && mapping.sourceId === resource.id;
  if (isPushedSeparately(definition, resource)) return skip(isOurs ? 'pushed_separately' : 'adopted');
  const moved = nameMoving(definition, pinMoving(definition, destination.fields, facts.moving), facts.renamed);
  const held = facts.versions.spelledAs(wanted.fields, moved, definition);
  const fields = withIgnored(resource, wanted.fields, held, facts);
  // Most objects of a large plan are equal, and their fingerprints, taken of what would be compared here, say so.
  const isAsRead = !secretMoved && held === destination.fields && fields === resource.fields;
  const isEqual = isAsRead && destination.fingerprint === resource.fingerprint;
  const before = isEqual ? held : comparable(definition, held);
  const after = isEqual ? fields : comparable(definition, fields);
  const changes = isEqual ? [] : diffFields(definition, before, after);
  if (changes.length === 0 && !secretMoved) {
    if (!isOurs) return skip('adopted');
    if (fields !== wanted.fields && !equalJson(after, comparable(definition, wanted.fields))) return skip('ignored');
    return skip(mapping.fingerprint === destination.fingerprint ? 'in_sync' : 'converged');
  }
  const planned = changes.map(plannedChange);
  const stop = (reason: Reason): Draft[] => [{ ...base, op: 'blocked', reason, changes: planned, losses }];
  if (isProtected(spec, resource.address)) return stop('protected');
  const block = prospects.firstBlock(newReferences(definition, held, fields));
  if (block !== undefined) return [{ ...blocked(resource, block), destination, changes: planned }];
  if (mapping === undefined && spec.policy.onConflict === 'skip') return skip('conflict_skipped');
  // A value under `secrets:` is an explicit wish; it is content that must not be overwritten unasked.
  if (mapping === undefined && spec.policy.onConflict === 'block' && changes.length > 0) return stop('conflict');
  return update(base, { held, before, wanted: fields, after }, planned, {
    losses,
    reason: reasonOf(resource, destination, after, facts, changes),
    secret: secretMoved ? secretField(definition, resource, spec) : undefined,
  });
}

// What the destination will hold of the versions it pins once the plan has written newer ones.
function pinMoving(definition: ProviderDefinition, fields: JsonObject, moving: Facts['moving']): JsonObject {
  if (moving.size === 0) return fields;
  return mapVersions(definition, fields, (target) => {
    const pin = moving.get(target);
    return pin === undefined ? undefined : { $pin: pin };
  });
}

// A name that it holds leads nowhere once what it names has another one.
function nameMoving(definition: ProviderDefinition, fields: JsonObject, renamed: Facts['renamed']): JsonObject {
  if (renamed.size === 0) return fields;
  return mapNames(definition, fields, (marker) => {
    const target = markerText(marker, '$ref');
    const name = target === undefined ? undefined : renamed.get(target);
    return target === undefined || name === undefined ? marker : { $missing: `${kindOf(target)}:${name}` };
  });
}

// References that the destination does not hold already: those it holds can be written back as they are.
function newReferences(definition: ProviderDefinition, held: JsonObject, fields: JsonObject): FoundReference[] {
  const key = ({ path, marker, text }: FoundReference): string => `${path} ${marker} ${text}`;
  const known = new Set(findReferences(definition, held).map(key));
  return findReferences(definition, fields).filter((reference) => !known.has(key(reference)));
}

function update(
  base: { readonly address: Address; readonly source: Resource; readonly destination: Resource },
  fields: UpdateFields,
  changes: readonly PlannedChange[],
  { losses, reason, secret }: { losses: readonly Loss[]; reason: Reason; secret: JsonObject | undefined },
): Draft[] {
  const definition = PROVIDERS[base.source.kind];
  const choice = chooseWrite(definition, fields.before, fields.after);
  const drafts: Draft[] = [];
  if (choice.method !== 'none' || secret !== undefined) {
    const shown = changes.filter(
      ({ path }) => choice.fields.includes(topOf(path)) && !choice.cannotClear.includes(path),
    );
    const masked = Object.keys(secret ?? {}).map((path): PlannedChange => ({ path, after: secret?.[path] as Json }));
    drafts.push({
      ...base,
      losses,
      op: 'update',
      reason,
      before: fields.held,
      after: { ...fieldsAfterWrite(definition, fields, choice), ...secret },
      changes: [...shown, ...masked],
    });
  }
  const impossible = [...choice.cannotClear, ...choice.immutable];
  if (impossible.length === 0) return drafts;
  const remaining = changes.filter(({ path }) =>
    impossible.some((field) => path === field || path.startsWith(`${field}.`) || topOf(path) === field),
  );
  const why = choice.cannotClear.length > 0 ? 'cannot_clear_field' : 'immutable_field';
  return [...drafts, { ...base, losses: [], op: 'blocked', reason: why, changes: remaining }];
}

function reasonOf(
  resource: Resource,
  destination: Resource,
  after: JsonObject,
  { mapping, former }: Facts,
  changes: readonly FieldChange[],
): Reason {
  if (mapping === undefined) return 'adopted_with_changes';
  if (changes.length === 0) return 'secret_changed';
  const sourceMoved = mapping.fingerprint !== former.fingerprint(resource, after);
  const destinationMoved = mapping.fingerprint !== former.ofResource(destination);
  if (!sourceMoved) return destinationMoved ? 'destination_changed' : 'source_changed';
  if (destinationMoved) return 'both_changed';
  return changesKey(PROVIDERS[resource.kind], changes) ? 'renamed' : 'source_changed';
}

function changesKey(definition: ProviderDefinition, changes: readonly FieldChange[]): boolean {
  return changes.some(({ path }) => definition.key.includes(path));
}

function blocked(resource: Resource, prospect: Block): Draft {
  return {
    op: 'blocked',
    address: resource.address,
    reason: prospect.reason,
    source: resource,
    destination: prospect.destination,
    ...(prospect.evidence === undefined || prospect.evidence.length === 0
      ? {}
      : {
          changes: prospect.evidence.map(({ path, value, held }) =>
            plannedChange({ path, before: held, after: value }),
          ),
        }),
    ...(prospect.by === undefined ? {} : { blockedBy: [prospect.by] }),
    losses: [],
  };
}

// An adopted object holds a value that nobody here knows, so one that the operator names is always written to it.
function isSecretDue(definition: ProviderDefinition, { address }: Resource, { spec, mapping, secret }: Facts): boolean {
  if (definition.secret === undefined || !spec.secrets.has(address)) return false;
  return mapping === undefined || (secret.current !== undefined && secret.current !== secret.written);
}

function secretField(definition: ProviderDefinition, resource: Resource, spec: Spec): JsonObject | undefined {
  const reference = definition.secret === undefined ? undefined : spec.secrets.get(resource.address);
  if (definition.secret === undefined || reference === undefined) return undefined;
  return { [definition.secret]: { $secret: reference.name } };
}

// Said in every plan until it has one: an object that looks in sync, and cannot work.
function missingSecret(definition: ProviderDefinition, { hasSecret }: Resource, { mapping, secret }: Facts): Loss[] {
  if (definition.secret === undefined) return [];
  const isThere = hasSecret ?? !(mapping?.origin === 'created' && secret.written === undefined);
  return isThere ? [] : [{ path: definition.secret, reason: 'secret_without_value' }];
}

function secretLoss(
  definition: ProviderDefinition,
  secret: JsonObject | undefined,
  losses: readonly Loss[],
): readonly Loss[] {
  if (definition.secret === undefined || secret !== undefined) return losses;
  return [...losses, { path: definition.secret, reason: 'secret_without_value' }];
}

/** True when the resource would act on rows as soon as it exists. */
export function activates(definition: ProviderDefinition, fields: JsonObject): boolean {
  if (definition.activates === undefined) return false;
  return definition.activates.length === 0 || definition.activates.some((path) => valuesAt(fields, path).length > 0);
}

function isPushedSeparately(definition: ProviderDefinition, resource: Resource): boolean {
  return (definition.blocked ?? []).some(
    ({ when }) => when === undefined || valuesAt(resource.fields, when.path).includes(when.equals),
  );
}

// An ignored field is wanted as the destination has it, so it is neither compared nor written.
function withIgnored(resource: Resource, wanted: JsonObject, held: JsonObject, { spec, asOf }: Facts): JsonObject {
  return spec.ignore
    .filter(({ expires }) => expires === undefined || asOf <= expires)
    .filter(({ at }) => matchesPattern(at, resource.address))
    .reduce((fields, { path }) => carryField(fields, held, path), wanted);
}

function plannedChange({ path, before, after }: FieldChange): PlannedChange {
  return { path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}

function topOf(path: string): string {
  return path.split(/[.[]/, 1)[0] ?? path;
}
