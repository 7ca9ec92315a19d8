import { canonicalJson, isArray, type Json, type JsonObject } from '../domain/json.ts';
import type { OrgIdentity, WriteRequest } from '../domain/org.ts';
import { chooseWrite } from './choose-write.ts';
import { comparable } from './comparable.ts';
import type { ProviderDefinition } from './define-provider.ts';
import { copyObject } from './field-path.ts';

/** The request that creates an object. `fields` hold the destination's values. POST is never repeated blindly (design section 8). */
export function createRequest(definition: ProviderDefinition, org: OrgIdentity, fields: JsonObject): WriteRequest {
  const { kind, path } = definition;
  const rules = definition.writes ?? {};
  if (rules.create === 'invite') {
    const invite_users = { emails: [fields.email as Json], send_invite_emails: false };
    return {
      kind,
      method: 'PATCH',
      path: '/v1/organization/members',
      body: { invite_users, org_id: org.orgId },
      idempotent: true,
    };
  }
  if (rules.create === 'assign') return assignRequest(definition, org, fields);
  const body = copyObject(fields);
  if (rules.orgName === true) body.org_name = org.orgName;
  return { kind, method: 'POST', path, body, idempotent: false };
}

/** What an update needs: the fields as planned, to choose the method, and with the destination's values, to be sent. */
export interface UpdateParts {
  readonly id: string;
  readonly before: JsonObject;
  readonly after: JsonObject;
  readonly resolvedBefore: JsonObject;
  readonly resolvedAfter: JsonObject;
}

/** The request that brings an object from `before` to `after`, or undefined when nothing of it can be sent. */
export function updateRequest(
  definition: ProviderDefinition,
  org: OrgIdentity,
  parts: UpdateParts,
): WriteRequest | undefined {
  const { kind, path } = definition;
  const rules = definition.writes ?? {};
  if (rules.create === 'assign') return assignRequest(definition, org, parts.resolvedAfter);
  const choice = chooseWrite(definition, comparable(definition, parts.before), comparable(definition, parts.after));
  const secret = definition.secret;
  const secretFields = secret !== undefined && parts.resolvedAfter[secret] !== undefined ? [secret] : [];
  if (choice.method === 'PUT') {
    const body = copyObject(parts.resolvedAfter);
    if (rules.orgName === true) body.org_name = org.orgName;
    return { kind, method: 'PUT', path, body, idempotent: true };
  }
  const fields = choice.fields.filter((field) => field !== secret).concat(secretFields);
  if (fields.length === 0) return undefined;
  return {
    kind,
    method: 'PATCH',
    path: `${path}/${encodeURIComponent(parts.id)}`,
    body: patchBody(definition, fields, parts),
    idempotent: true,
  };
}

/** The request that deletes an object. */
export function deleteRequest(definition: ProviderDefinition, id: string, fields: JsonObject): WriteRequest {
  const { kind, path } = definition;
  const rules = definition.writes ?? {};
  if (rules.create === 'assign')
    return { kind, method: 'DELETE', path: assignPath(definition, fields), body: undefined, idempotent: true };
  const body = rules.deleteBody === undefined ? undefined : pick(fields, rules.deleteBody);
  return { kind, method: 'DELETE', path: `${path}/${encodeURIComponent(id)}`, body, idempotent: true };
}

function assignRequest(definition: ProviderDefinition, org: OrgIdentity, fields: JsonObject): WriteRequest {
  const body = { object_version: fields.object_version as Json, org_name: org.orgName };
  return { kind: definition.kind, method: 'PUT', path: assignPath(definition, fields), body, idempotent: true };
}

// The hidden assignment API has type, id and slug in its path (fact sheet 2.3, environment).
function assignPath(definition: ProviderDefinition, fields: JsonObject): string {
  const parts = [fields.object_type, fields.object_id, fields.environment_slug].map((part) =>
    encodeURIComponent(String(part)),
  );
  return [definition.path, ...parts].join('/');
}

function patchBody(definition: ProviderDefinition, fields: readonly string[], parts: UpdateParts): JsonObject {
  const rules = definition.writes ?? {};
  const body: Record<string, Json> = {};
  for (const field of rules.patchAlways ?? []) body[field] = parts.resolvedAfter[field] as Json;
  for (const field of fields) {
    const suffix = rules.deltas?.[field];
    if (suffix === undefined) {
      body[field] = parts.resolvedAfter[field] ?? null;
      continue;
    }
    const before = elements(parts.resolvedBefore[field]);
    const after = elements(parts.resolvedAfter[field]);
    const added = [...after].filter(([key]) => !before.has(key)).map(([, item]) => item);
    const removed = [...before].filter(([key]) => !after.has(key)).map(([, item]) => item);
    if (added.length > 0) body[`add_${suffix}`] = added;
    if (removed.length > 0) body[`remove_${suffix}`] = removed;
  }
  return body;
}

function elements(value: Json | undefined): Map<string, Json> {
  return new Map((isArray(value) ? value : []).map((item) => [canonicalJson(item), item]));
}

function pick(fields: JsonObject, names: readonly string[]): JsonObject {
  const picked: Record<string, Json> = {};
  for (const name of names) if (fields[name] !== undefined) picked[name] = fields[name] as Json;
  return picked;
}
