import { BtMigrateError } from '../domain/errors.ts';
import { equalJson, type Json, type JsonObject } from '../domain/json.ts';
import type { OrgIdentity, OrgWriter, WriteAnswer } from '../domain/org.ts';
import { idOf } from '../inventory/address-resources.ts';
import { comparable } from '../providers/comparable.ts';
import type { ProviderDefinition } from '../providers/define-provider.ts';
import { createRequest } from '../providers/write-resource.ts';

/** Attempts at one create, lookups in between. */
const ATTEMPTS = 4;

export interface CreateContext {
  readonly destination: OrgWriter;
  readonly org: OrgIdentity;
  /** Waits before the next attempt, longer each time. */
  readonly pause: (attempt: number) => Promise<void>;
}

/**
 * Creates one object, once. When an answer gets lost, the object is looked up by its key before anything is sent again:
 * a 200 to a POST does not prove a create, and some kinds answer a second POST with a second version (fact sheet 10.1).
 * @throws BTM_EXISTS_NOW when something else had the key, and what the last attempt ended with.
 */
export async function createObject(
  definition: ProviderDefinition,
  fields: JsonObject,
  context: CreateContext,
): Promise<{ id: string; version: string | undefined }> {
  const request = createRequest(definition, context.org, fields);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await context.destination.write(request);
      if (definition.writes?.create === 'invite') return await awaitInvited(definition, fields, context);
      refuseFoundObject(definition, fields, answer, attempt);
      return { id: idOf(definition, { ...fields, ...answer.object }), version: versionOf(answer.object) };
    } catch (error) {
      if (!(error instanceof BtMigrateError) || error.code !== 'BTM_OUTCOME_UNKNOWN') throw error;
      await context.pause(attempt);
      const found = await lookUp(definition, fields, context);
      if (found !== undefined) return { id: idOf(definition, found), version: versionOf(found) };
      if (attempt >= ATTEMPTS)
        throw new BtMigrateError('BTM_SERVER_FAILED', {
          detail: `${lostAnswer(error)} It was sent ${ATTEMPTS} times, and each time the object was not there afterwards.`,
          hint: 'Run the same command again when the server is well: it goes on where this run stopped.',
          cause: error,
        });
    }
  }
}

// What happened to the request, without what becomes of it: that is decided here.
function lostAnswer({ cause, detail }: BtMigrateError): string {
  return cause instanceof BtMigrateError ? cause.detail : detail;
}

// The plan says the key was free and it was free when apply began: what answers to it now is somebody else's, unless an
// attempt of ours got lost before.
function refuseFoundObject(
  definition: ProviderDefinition,
  fields: JsonObject,
  answer: WriteAnswer,
  attempt: number,
): void {
  if (attempt > 1) return;
  const differing = definition.key.filter(
    (key) =>
      !key.includes('|') && key in fields && !equalJson(fields[key], answer.object[key] ?? (fields[key] as Json)),
  );
  const content = Object.keys(fields).filter((key) => key in definition.fields.shape && key in answer.object);
  const wanted = comparable(definition, pick(fields, content));
  const held = comparable(definition, pick(answer.object, content));
  if (differing.length === 0 && !(answer.foundExisting && !equalJson(wanted, held))) return;
  throw new BtMigrateError('BTM_EXISTS_NOW', {
    ...(differing.length > 0
      ? {
          detail: `Somebody took the name in the same moment, so the destination stored this one as ${differing.map((key) => `${key} ${JSON.stringify(answer.object[key])}`).join(', ')} (id ${String(answer.object.id)}). It is not recorded as migrated, and nothing refers to it.`,
          hint: 'Delete the object with this id, which this run made, and plan again: the one that has the name will show up as a conflict, or as adopted when it is equal.',
        }
      : {
          detail: `The destination answered with an object that somebody made meanwhile (id ${String(answer.object.id)}); it was left as it is.`,
          hint: 'Look at the object in the destination, then plan again: it will show up as a conflict, or as adopted when it is equal.',
        }),
  });
}

/** The object with the key of these fields, or undefined when the destination certainly has none. */
export async function lookUp(
  definition: ProviderDefinition,
  fields: JsonObject,
  { destination, org }: Pick<CreateContext, 'destination' | 'org'>,
): Promise<JsonObject | undefined> {
  const rule = definition.list;
  const owner = definition.owner;
  const query: Record<string, string> = rule?.noOrgName === true ? {} : { org_name: org.orgName };
  if (rule?.byProject === true) query.project_id = String(fields.project_id);
  if (rule?.perOwner !== undefined && owner.in === 'object') {
    query[owner.typeField] = String(fields[owner.typeField]);
    query[owner.idField] = String(fields[owner.idField]);
  }
  const { objects, complete } = await destination.list({
    kind: definition.kind,
    path: rule?.path ?? definition.path,
    query,
    paging: rule?.paging ?? 'cursor',
    envelope: rule?.envelope ?? 'objects',
  });
  const key = [...keyFields(definition)];
  const found = objects.find((object) => key.every((field) => equalJson(object[field] ?? null, fields[field] ?? null)));
  if (found !== undefined || complete) return found;
  throw new BtMigrateError('BTM_SERVER_FAILED', {
    detail: `The answer to a create got lost, and the list at ${definition.path} is cut, so nobody can tell whether it happened.`,
    hint: 'Look for the object in the destination, then plan again.',
  });
}

/** Fields that an object is found by: its owner and its key. */
export function keyFields(definition: ProviderDefinition): Set<string> {
  const { owner } = definition;
  const own = owner.in === 'container' ? [owner.field] : owner.in === 'object' ? [owner.typeField, owner.idField] : [];
  return new Set([...own, ...definition.key.flatMap((field) => field.split('|'))]);
}

// The members endpoint answers without the person's id, and the person may show up a little later (fact sheet 9).
async function awaitInvited(
  definition: ProviderDefinition,
  fields: JsonObject,
  context: CreateContext,
): Promise<{ id: string; version: undefined }> {
  const email = String(fields.email).toLowerCase();
  for (let attempt = 1; ; attempt += 1) {
    const { objects } = await context.destination.list({
      kind: 'user',
      path: definition.path,
      query: { org_name: context.org.orgName, email },
      paging: 'cursor',
      envelope: 'objects',
    });
    const found = objects.find((object) => String(object.email).toLowerCase() === email);
    if (found !== undefined) return { id: String(found.id), version: undefined };
    if (attempt >= ATTEMPTS) {
      throw new BtMigrateError('BTM_REQUEST_REJECTED', {
        detail: 'The invitation was accepted by the server, but the person does not appear among the members.',
        hint: 'Check the invitation in the destination organization, then apply the same plan again.',
      });
    }
    await context.pause(attempt);
  }
}

function pick(fields: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, fields[name] as Json]));
}

function versionOf(object: JsonObject): string | undefined {
  return typeof object._xact_id === 'string' ? object._xact_id : undefined;
}
