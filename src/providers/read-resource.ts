import type { z } from 'zod';
import type { Address } from '../domain/address.ts';
import { BtMigrateError } from '../domain/errors.ts';
import { fingerprint, sha256 } from '../domain/fingerprint.ts';
import { isArray, isObject, type Json, type JsonObject } from '../domain/json.ts';
import type { Loss, Resource } from '../domain/resource.ts';
import { Secret } from '../domain/secret.ts';
import { comparable } from './comparable.ts';
import type { ProviderDefinition } from './define-provider.ts';
import { mapFields, parseFieldPath, REMOVED, setAt } from './field-path.ts';
import { markReferences, type ResolveId, type ResolveName } from './references.ts';

/** Where an object stands and how its ids are to be read. */
export interface ReadContext {
  readonly id: string;
  readonly address: Address;
  readonly named: Address;
  readonly project: Address | undefined;
  readonly selected: boolean;
  readonly resolve: ResolveId;
  readonly resolveName: ResolveName;
  /** Values that the spec sets in place of the source's, by path. */
  readonly overrides: JsonObject;
}

/**
 * Turns an object as the API answers it into the form in which both organizations are compared.
 * @throws BTM_RESPONSE_UNREADABLE when it lacks what its kind must have.
 */
export function readResource(definition: ProviderDefinition, raw: JsonObject, context: ReadContext): Resource {
  checkShape(definition, raw);
  const losses: Loss[] = [];
  let fields = pickFields(definition, raw, losses);
  for (const path of definition.noise ?? []) fields = mapFields(fields, parseFieldPath(path), () => REMOVED);
  fields = removeUnportable(definition, fields, losses);
  const marked = markReferences(definition, fields, context.resolve, context.resolveName);
  losses.push(...marked.losses);
  fields = marked.fields;
  for (const path of Object.keys(context.overrides))
    fields = setAt(fields, path, expand(context.overrides[path] as Json));
  const { fields: final, hidden } = hideCredentials(definition, fields);
  return {
    kind: definition.kind,
    id: context.id,
    address: context.address,
    named: context.named,
    project: context.project,
    fields: final,
    fingerprint: fingerprint(context.address, comparable(definition, final)),
    order: orderOf(definition, raw),
    version: definition.versioned === true && typeof raw._xact_id === 'string' ? raw._xact_id : undefined,
    builtIn: isBuiltIn(definition, raw),
    losses,
    pins: marked.pins,
    hidden,
    ...secretShown(definition, raw),
    selected: context.selected,
  };
}

function secretShown({ secretPreview = '' }: ProviderDefinition, raw: JsonObject): Pick<Resource, 'hasSecret'> {
  return Object.hasOwn(raw, secretPreview) ? { hasSecret: raw[secretPreview] !== null } : {};
}

// Made once per kind: zod compiles a schema when it first parses, which costs more than many parses.
const shapes = new Map<ProviderDefinition, z.ZodType>();

function shapeOf(definition: ProviderDefinition): z.ZodType {
  let shape = shapes.get(definition);
  if (shape === undefined) {
    shape = definition.fields.loose();
    shapes.set(definition, shape);
  }
  return shape;
}

function checkShape(definition: ProviderDefinition, raw: JsonObject): void {
  const parsed = shapeOf(definition).safeParse(raw);
  if (parsed.success) return;
  const issue = parsed.error.issues[0];
  throw new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
    detail: `A ${definition.kind} (id ${String(raw.id ?? 'unknown')}) has an unexpected ${issue?.path.join('.') ?? 'shape'}: ${issue?.message ?? 'invalid'}.`,
  });
}

function orderOf({ ordered = 'created' }: ProviderDefinition, raw: JsonObject): string {
  const order = raw[ordered] ?? raw.created;
  return typeof order === 'string' ? order : '';
}

/** True for what the server provides in every organization: matched by name, never written. */
function isBuiltIn(definition: ProviderDefinition, raw: JsonObject): boolean {
  const rule = definition.builtIn;
  if (rule === undefined) return definition.kind === 'user';
  return 'nullField' in rule ? raw[rule.nullField] === null : rule.names.includes(String(raw.name));
}

function pickFields(definition: ProviderDefinition, raw: JsonObject, losses: Loss[]): JsonObject {
  const fields: Record<string, Json> = {};
  for (const key of Object.keys(raw)) {
    const value = raw[key] as Json;
    if (value === null || value === undefined || value === definition.defaults?.[key]) continue;
    if (Object.hasOwn(definition.fields.shape, key)) fields[key] = value;
    else if (!(key in definition.ignored) && key !== 'id' && !isEmpty(value))
      losses.push({ path: key, reason: 'field_not_modelled' });
  }
  return fields;
}

function removeUnportable(definition: ProviderDefinition, fields: JsonObject, losses: Loss[]): JsonObject {
  let rest = fields;
  for (const { path, reason } of definition.unportable ?? []) {
    rest = mapFields(rest, parseFieldPath(path), (value, at) => {
      if (value !== null) losses.push({ path: at, reason });
      return REMOVED;
    });
  }
  return rest;
}

function isEmpty(value: Json): boolean {
  return isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

function hideCredentials(
  definition: ProviderDefinition,
  fields: JsonObject,
): { fields: JsonObject; hidden: Map<string, Secret> } {
  const hidden = new Map<string, Secret>();
  let safe = fields;
  for (const path of definition.hidden ?? []) {
    safe = mapFields(safe, parseFieldPath(path), (value, at) => {
      if (typeof value !== 'string') return value;
      hidden.set(at, new Secret(value, 'the source'));
      return { $from_source: at, digest: sha256(value) };
    });
  }
  return { fields: safe, hidden };
}

// Overrides are written in YAML, whose parsed objects may be shared between aliases.
function expand(value: Json): Json {
  return structuredClone(value);
}
