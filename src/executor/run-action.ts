import type { Address } from '../domain/address.ts';
import { BtMigrateError } from '../domain/errors.ts';
import { type Digest, fingerprint } from '../domain/fingerprint.ts';
import type { JsonObject } from '../domain/json.ts';
import type { OrgIdentity, OrgWriter } from '../domain/org.ts';
import type { PlannedAction } from '../domain/plan.ts';
import type { Resource } from '../domain/resource.ts';
import type { Secret } from '../domain/secret.ts';
import type { Completion, IdMapping } from '../domain/state.ts';
import type { VersionPair } from '../domain/stream-state.ts';
import type { Inventories } from '../inventory/read-inventories.ts';
import { comparable } from '../providers/comparable.ts';
import type { ProviderDefinition } from '../providers/define-provider.ts';
import { fieldBase } from '../providers/field-base.ts';
import { providerOf } from '../providers/registry.ts';
import { withoutPins } from '../providers/seal-markers.ts';
import { deleteRequest, updateRequest } from '../providers/write-resource.ts';
import { createObject, lookUp } from './create-object.ts';
import type { DestinationBook } from './destination-book.ts';
import { resolve, resolveKnown } from './resolve-fields.ts';
import type { TakenKeys } from './taken-keys.ts';

/** What carrying out an action needs, beyond the action. */
export interface RunContext {
  readonly inventories: Inventories;
  readonly org: OrgIdentity;
  readonly destination: OrgWriter;
  readonly book: DestinationBook;
  readonly taken: TakenKeys;
  readonly mappings: {
    /** What the state knew of a destination object when the run began. */
    ofDestination(kind: string, id: string): IdMapping | undefined;
    ofAddress(address: Address): IdMapping | undefined;
  };
  /** The create of the same address in this plan, for second writes. */
  readonly createOf: (action: PlannedAction) => PlannedAction | undefined;
  readonly secrets: ReadonlyMap<string, Secret>;
  readonly secretHmac: (value: string) => Promise<string>;
  readonly pause: (attempt: number) => Promise<void>;
}

/**
 * Carries out one action exactly as planned and says what to record of it.
 * @throws BtMigrateError when the destination refuses; nothing is decided here.
 */
export async function runAction(action: PlannedAction, context: RunContext): Promise<Completion> {
  const definition = providerOf(action.address);
  switch (action.op) {
    case 'create':
      return create(action, definition, context);
    case 'update':
    case 'link':
      return update(action, definition, context);
    case 'delete':
      return remove(action, definition, context);
    case 'skip':
      return record(action, definition, context);
    case 'copy':
    case 'blocked':
      throw new BtMigrateError('BTM_FAILED', { detail: `${action.id} is not something that can be carried out.` });
  }
}

async function create(action: PlannedAction, definition: ProviderDefinition, context: RunContext): Promise<Completion> {
  const planned = action.after ?? {};
  const [oldest = planned] = contentsOf(action);
  const fields = resolve(action, definition, oldest, context);
  await context.taken.refuse(definition, fields);
  const made = await createObject(definition, fields, context);
  context.book.learn(action.address, made.id, made.version);
  const versions = await writeContents(action, definition, { fields: oldest, version: made.version }, context);
  return completion(action, definition, context, made.id, planned, versions);
}

/** What a create writes, oldest first: older versions that something pins, then the newest. */
function contentsOf({ history = [], after = {} }: PlannedAction): JsonObject[] {
  return [...history.map((older) => older.after), after];
}

/** Takes an object through the contents of a create; each is a version, and what pins one of them can be written then. */
async function writeContents(
  action: PlannedAction,
  definition: ProviderDefinition,
  start: { readonly fields: JsonObject; readonly version: string | undefined },
  context: RunContext,
): Promise<VersionPair[]> {
  const source = context.inventories.source.resources.get(action.address);
  const pairs: VersionPair[] = [];
  let { fields, version } = start;
  for (const [index, content] of contentsOf(action).entries()) {
    if (content !== fields) version = (await send(action, definition, fields, content, context)) ?? version;
    fields = content;
    const older = action.history?.[index]?.version;
    if (source === undefined || older === undefined || version === undefined) continue;
    context.book.learnPin(action.address, older, version);
    pairs.push({ kind: source.kind, sourceId: source.id, source: older, destination: version });
  }
  return pairs;
}

/** Sends what takes an object from one content to another; returns its new version, undefined for none. */
async function send(
  action: PlannedAction,
  definition: ProviderDefinition,
  before: JsonObject,
  after: JsonObject,
  context: RunContext,
): Promise<string | undefined> {
  const id = idOf(action, context);
  const request = updateRequest(definition, context.org, {
    id,
    before,
    after,
    resolvedBefore: resolveKnown(action, definition, before, context),
    resolvedAfter: resolve(action, definition, after, context),
  });
  if (request === undefined) return undefined;
  const { object } = await context.destination.write(request);
  const version = typeof object._xact_id === 'string' ? object._xact_id : undefined;
  context.book.learn(action.address, id, version);
  return version;
}

async function update(action: PlannedAction, definition: ProviderDefinition, context: RunContext): Promise<Completion> {
  const before = action.before ?? context.createOf(action)?.after ?? {};
  const after = action.op === 'link' ? { ...before, ...action.after } : (action.after ?? {});
  await send(action, definition, before, after, context);
  return completion(action, definition, context, idOf(action, context), after);
}

/** How the API answers for what is not there (fact sheet 10.1 no. 1). */
const MISSING: ReadonlySet<string> = new Set(['BTM_REQUEST_REJECTED', 'BTM_PERMISSION_DENIED']);

async function remove(action: PlannedAction, definition: ProviderDefinition, context: RunContext): Promise<Completion> {
  if (action.reason === 'already_gone')
    return { fingerprint: null, ...forgetting(context.mappings.ofAddress(action.address)) };
  const id = idOf(action, context);
  const mapping = context.mappings.ofDestination(definition.kind, id);
  if (mapping?.origin !== 'created') throw notOurs(action.address);
  const fields = resolveKnown(action, definition, action.before ?? {}, context);
  try {
    await context.destination.write(deleteRequest(definition, id, fields));
  } catch (error) {
    // A deletion whose answer got lost is refused when it is sent again (fact sheet 10.1): what counts is the outcome.
    if (!(error instanceof BtMigrateError) || !MISSING.has(error.code)) throw error;
    if ((await lookUp(definition, fields, context)) !== undefined) throw error;
  }
  return { fingerprint: null, ...forgetting(mapping) };
}

function notOurs(address: Address): BtMigrateError {
  return new BtMigrateError('BTM_PLAN_STALE', {
    detail: `What is at ${address} now is not an object that this state created. It was not deleted.`,
    hint: 'Look at it in the destination, and plan again.',
  });
}

function forgetting(mapping: IdMapping | undefined): Pick<Completion, 'forget'> {
  return mapping === undefined ? {} : { forget: { kind: mapping.kind, sourceId: mapping.sourceId } };
}

async function record(action: PlannedAction, definition: ProviderDefinition, context: RunContext): Promise<Completion> {
  const held = context.inventories.destination.resources.get(action.address);
  const done = await completion(action, definition, context, idOf(action, context), held?.fields ?? {});
  return { ...done, fingerprint: held?.fingerprint ?? null };
}

/** The completion of a create that an earlier attempt had begun and that turns out to have happened. */
export async function completeFound(action: PlannedAction, context: RunContext): Promise<Completion | undefined> {
  const definition = providerOf(action.address);
  const held = context.inventories.destination.resources.get(action.address);
  if (action.op === 'delete') {
    const ours = context.mappings.ofAddress(action.address);
    // Somebody may have made another one of that name since ours was deleted.
    if (held !== undefined && held.id === (ours?.destinationId ?? held.id)) return undefined;
    return { fingerprint: null, ...forgetting(ours) };
  }
  if (action.op !== 'create' || held === undefined) return undefined;
  context.book.learn(action.address, held.id, held.version);
  const contents = contentsOf(action).map((fields) => fingerprintOf(action, definition, fields));
  // Which of its older versions were written is not known any more, so all are written again.
  if (contents.length > 1 && contents.includes(held.fingerprint)) {
    const versions = await writeContents(action, definition, held, context);
    return completion(action, definition, context, held.id, action.after ?? {}, versions);
  }
  const done = await completion(action, definition, context, held.id, held.fields);
  const isOurs = done.fingerprint === fingerprintOf(action, definition, action.after ?? {});
  if (isOurs || done.mapping === undefined) return done;
  // Somebody may have taken the name meanwhile: what we are not sure to have made is never deleted.
  return { ...done, mapping: { ...done.mapping, origin: 'adopted' } };
}

async function completion(
  action: PlannedAction,
  definition: ProviderDefinition,
  context: RunContext,
  destinationId: string,
  fields: JsonObject,
  older: readonly VersionPair[] = [],
): Promise<Completion> {
  const source = context.inventories.source.resources.get(action.address);
  const written = fingerprintOf(action, definition, fields);
  if (source === undefined || definition.kind === 'user') return { fingerprint: written };
  const earlier = context.mappings.ofDestination(definition.kind, destinationId);
  const mapping: IdMapping = {
    kind: definition.kind,
    sourceId: source.id,
    destinationId,
    address: action.address,
    origin: action.op === 'create' || action.op === 'link' ? 'created' : (earlier?.origin ?? 'adopted'),
    fingerprint: written,
    base: fieldBase(definition, visibleFields(definition, fields)),
  };
  const secretHmacs = await hmacs(action, definition, context);
  const newest = newestPair(source, context.book.version(action.address));
  return {
    fingerprint: written,
    mapping,
    versions: [...older, ...newest],
    ...(action.op === 'create' ? { startsHistory: true } : {}),
    // The predecessor of a source object that was deleted and made again.
    ...(earlier === undefined || earlier.sourceId === source.id ? {} : forgetting(earlier)),
    ...(secretHmacs === undefined ? {} : { secretHmacs }),
  };
}

// Both sides hold the same content now, each under a version of its own.
function newestPair({ kind, id, version }: Resource, destination: string | undefined): VersionPair[] {
  if (version === undefined || destination === undefined) return [];
  return [{ kind, sourceId: id, source: version, destination }];
}

// The fingerprint with which the object will be listed.
function fingerprintOf({ address }: PlannedAction, definition: ProviderDefinition, fields: JsonObject): Digest {
  return fingerprint(address, comparable(definition, visibleFields(definition, fields)));
}

// What a list shows of these fields: no secret.
function visibleFields(definition: ProviderDefinition, fields: JsonObject): JsonObject {
  const { [definition.secret ?? '']: _secret, ...visible } = fields;
  return withoutPins(definition, visible);
}

// Only what this action wrote is remembered: an adopted object keeps a value that nobody here knows.
async function hmacs(
  action: PlannedAction,
  definition: ProviderDefinition,
  context: RunContext,
): Promise<Map<string, string> | undefined> {
  if (definition.secret === undefined || action.after?.[definition.secret] === undefined) return undefined;
  const secret = context.secrets.get(action.address);
  if (secret === undefined) return undefined;
  return new Map([[`${action.address}#${definition.secret}`, await context.secretHmac(secret.reveal())]]);
}

function idOf(action: PlannedAction, context: RunContext): string {
  const id = context.book.id(action.address);
  if (id !== undefined) return id;
  throw new BtMigrateError('BTM_FAILED', { detail: `${action.address} is not in the destination.` });
}
