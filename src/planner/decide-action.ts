import { matchesPattern } from '../domain/address.ts';
import { fingerprint } from '../domain/fingerprint.ts';
import { emptyObject, equalJson, isObject, type Json, type JsonObject } from '../domain/json.ts';
import type { PlannedChange, Reason } from '../domain/plan.ts';
import type { FieldChange, Loss, Resource } from '../domain/resource.ts';
import type { Spec } from '../domain/spec.ts';
import type { IdMapping } from '../domain/state.ts';
import { type ChosenWrite, chooseWrite } from '../providers/choose-write.ts';
import { comparable } from '../providers/comparable.ts';
import type { ProviderDefinition } from '../providers/define-provider.ts';
import { diffFields } from '../providers/diff-fields.ts';
import { copyObject, mapFields, parseFieldPath, REMOVED, setAt, valuesAt } from '../providers/field-path.ts';
import { findReferences, withoutReferences } from '../providers/references.ts';
import { PROVIDERS } from '../providers/registry.ts';
import type { Draft } from './draft.ts';
import { isProtected, type Prospect, type Prospects } from './judge-resource.ts';

/** What deciding about one resource needs to know beyond the resource. */
export interface Facts {
  readonly spec: Spec;
  readonly asOf: string;
  readonly prospects: Prospects;
  /** The mapping of this source object, or of the destination object that answers to its address. */
  readonly mapping: IdMapping | undefined;
  /** HMAC of the operator's secret for this address, and the one last written. */
  readonly secret: { readonly current: string | undefined; readonly written: string | undefined };
}

/** Decides what is to be done about one selected source resource: one action, or two when a part of it is impossible. */
export function decideAction(resource: Resource, facts: Facts): Draft[] {
  const prospect = facts.prospects.of(resource.address);
  if (prospect.is === 'blocked') return [blocked(resource, prospect)];
  if (prospect.is === 'absent') return [];
  const wanted = wantedFields(resource, facts);
  if (prospect.is === 'to_create') return [create(resource, wanted, facts)];
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

function create(resource: Resource, wanted: Wanted, { spec }: Facts): Draft {
  const definition = PROVIDERS[resource.kind];
  const draft = { address: resource.address, source: resource, destination: undefined };
  if (spec.policy.activate === 'never' && activates(definition, wanted.fields)) {
    return { ...draft, op: 'skip', reason: 'not_activated', losses: wanted.losses };
  }
  const secret = secretField(definition, resource, spec);
  return {
    ...draft,
    op: 'create',
    reason: resource.kind === 'user' ? 'user_invited' : 'missing_in_destination',
    after: { ...wanted.fields, ...secret },
    losses: secretLoss(definition, secret, wanted.losses),
  };
}

function compareWithDestination(resource: Resource, destination: Resource, wanted: Wanted, facts: Facts): Draft[] {
  const { spec, mapping, prospects } = facts;
  const definition = PROVIDERS[resource.kind];
  const base = { address: resource.address, source: resource, destination };
  const skip = (reason: Reason): Draft[] => [{ ...base, op: 'skip', reason, losses: wanted.losses }];
  if (resource.builtIn || destination.builtIn) return skip('built_in');
  if (isPushedSeparately(definition, resource)) return skip(mapping === undefined ? 'adopted' : 'pushed_separately');
  const before = comparable(definition, destination.fields);
  const fields = withIgnored(resource, wanted.fields, destination.fields, facts);
  const after = comparable(definition, fields);
  const changes = diffFields(before, after);
  const secretMoved =
    mapping !== undefined && facts.secret.current !== undefined && facts.secret.current !== facts.secret.written;
  if (changes.length === 0 && !secretMoved) {
    if (mapping === undefined || mapping.destinationId !== destination.id || mapping.sourceId !== resource.id)
      return skip('adopted');
    if (fields !== wanted.fields && !equalJson(after, comparable(definition, wanted.fields))) return skip('ignored');
    return skip(mapping.fingerprint === destination.fingerprint ? 'in_sync' : 'converged');
  }
  const planned = changes.map(plannedChange);
  const stop = (reason: Reason): Draft[] => [
    { ...base, op: 'blocked', reason, changes: planned, losses: wanted.losses },
  ];
  if (isProtected(spec, resource.address)) return stop('protected');
  const block = prospects.firstBlock(findReferences(definition, fields));
  if (block !== undefined) return [{ ...blocked(resource, block), destination, changes: planned }];
  if (mapping === undefined && spec.policy.onConflict === 'block') return stop('conflict');
  if (mapping === undefined && spec.policy.onConflict === 'skip') return skip('conflict_skipped');
  const secret = secretMoved ? secretField(definition, resource, spec) : undefined;
  return update(
    resource,
    destination,
    { before, after, fields },
    secret,
    reasonOf(resource, destination, after, facts, changes),
    planned,
    wanted.losses,
  );
}

function update(
  resource: Resource,
  destination: Resource,
  { before, after, fields }: { before: JsonObject; after: JsonObject; fields: JsonObject },
  secret: JsonObject | undefined,
  reason: Reason,
  changes: readonly PlannedChange[],
  losses: readonly Loss[],
): Draft[] {
  const definition = PROVIDERS[resource.kind];
  const choice = chooseWrite(definition, before, after);
  const base = { address: resource.address, source: resource, destination, losses };
  const drafts: Draft[] = [];
  if (choice.method !== 'none' || secret !== undefined) {
    const effective = afterWrite(destination.fields, fields, before, after, choice);
    const shown = changes.filter(
      ({ path }) => choice.fields.includes(topOf(path)) && !choice.cannotClear.includes(path),
    );
    const masked = Object.keys(secret ?? {}).map((path): PlannedChange => ({ path, after: secret?.[path] as Json }));
    drafts.push({
      ...base,
      op: 'update',
      reason,
      before: destination.fields,
      after: { ...effective, ...secret },
      changes: [...shown, ...masked],
    });
  }
  const impossible = [...choice.cannotClear, ...choice.immutable];
  if (impossible.length > 0) {
    const remaining = changes.filter(({ path }) =>
      impossible.some((field) => path === field || path.startsWith(`${field}.`) || topOf(path) === field),
    );
    drafts.push({
      ...base,
      losses: [],
      op: 'blocked',
      reason: choice.cannotClear.length > 0 ? 'cannot_clear_field' : 'immutable_field',
      changes: remaining,
    });
  }
  return drafts;
}

// What the destination will hold after the write: PUT leaves exactly the source's fields, PATCH leaves behind what it cannot clear.
function afterWrite(
  held: JsonObject,
  source: JsonObject,
  before: JsonObject,
  after: JsonObject,
  choice: ChosenWrite,
): JsonObject {
  if (choice.method === 'PUT') return source;
  const result = copyObject(held);
  for (const field of choice.fields) {
    const value = after[field];
    if (value === undefined) delete result[field];
    else
      result[field] = choice.cannotClear.some((path) => topOf(path) === field)
        ? mergeObjects(before[field], value)
        : (source[field] ?? value);
  }
  return result;
}

function mergeObjects(under: Json | undefined, over: Json): Json {
  if (!isObject(under) || !isObject(over)) return over;
  const merged = copyObject(under);
  for (const key of Object.keys(over)) merged[key] = mergeObjects(under[key], over[key] as Json);
  return merged;
}

function reasonOf(
  resource: Resource,
  destination: Resource,
  after: JsonObject,
  { mapping }: Facts,
  changes: readonly FieldChange[],
): Reason {
  if (mapping === undefined) return 'adopted_with_changes';
  if (changes.length === 0) return 'secret_changed';
  const sourceMoved = mapping.fingerprint !== fingerprint(resource.address, after);
  const destinationMoved = mapping.fingerprint !== destination.fingerprint;
  if (sourceMoved && destinationMoved) return 'both_changed';
  return destinationMoved ? 'destination_changed' : 'source_changed';
}

function blocked(resource: Resource, prospect: Extract<Prospect, { is: 'blocked' }>): Draft {
  return {
    op: 'blocked',
    address: resource.address,
    reason: prospect.reason,
    source: resource,
    destination: undefined,
    ...(prospect.evidence === undefined || prospect.evidence.length === 0
      ? {}
      : { changes: prospect.evidence.map(({ path, value }) => ({ path, after: value })) }),
    ...(prospect.by === undefined ? {} : { blockedBy: [prospect.by] }),
    losses: [],
  };
}

function secretField(definition: ProviderDefinition, resource: Resource, spec: Spec): JsonObject | undefined {
  const reference = definition.secret === undefined ? undefined : spec.secrets.get(resource.address);
  if (definition.secret === undefined || reference === undefined) return undefined;
  return Object.assign(emptyObject(), { [definition.secret]: { $secret: reference.name } });
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
  let fields = wanted;
  for (const { at, path, expires } of spec.ignore) {
    if ((expires !== undefined && asOf > expires) || !matchesPattern(at, resource.address)) continue;
    const [value] = valuesAt(held, path);
    fields = value === undefined ? mapFields(fields, parseFieldPath(path), () => REMOVED) : setAt(fields, path, value);
  }
  return fields;
}

function plannedChange({ path, before, after }: FieldChange): PlannedChange {
  return { path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}

function topOf(path: string): string {
  return path.split(/[.[]/, 1)[0] ?? path;
}
