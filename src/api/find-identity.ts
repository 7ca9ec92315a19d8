import { formatBaseUrl } from '../domain/base-url.ts';
import { BtMigrateError } from '../domain/errors.ts';
import { isObject, type Json, type JsonObject } from '../domain/json.ts';
import type { OrgIdentity } from '../domain/org.ts';
import { ApiError } from './api-error.ts';
import type { Connection } from './connection.ts';
import { readJson, readObjects } from './read-json.ts';
import { sendRequest } from './send-request.ts';

interface VisibleOrg {
  readonly id: string;
  readonly name: string;
}

/**
 * Finds the organization that the key and the spec mean. The `api_url` of the login answer is not followed: the key
 * only goes where the spec says.
 * @throws BTM_SPEC_INVALID when the key has several organizations and none is named, BTM_PERMISSION_DENIED when the
 * named one is not among them, and what `sendRequest` throws.
 */
export async function findIdentity(connection: Connection): Promise<OrgIdentity> {
  const { org, side } = connection.options;
  const visible = await visibleOrgs(connection);
  const names = visible.map(({ name }) => `"${name}"`).join(', ');
  if (org.org === undefined && visible.length > 1) {
    throw new BtMigrateError('BTM_SPEC_INVALID', {
      detail: `The key in $${org.apiKeyName} belongs to ${visible.length} organizations: ${names}. The spec does not say which one is the ${side}.`,
      hint: `Set ${side}.org (for init: --${side}-org) to one of these names.`,
    });
  }
  const found = org.org === undefined ? visible[0] : visible.find(({ name }) => name === org.org);
  if (found === undefined) {
    throw new BtMigrateError('BTM_PERMISSION_DENIED', {
      detail:
        org.org === undefined
          ? `The key in $${org.apiKeyName} sees no organization at ${connection.place}.`
          : `The key in $${org.apiKeyName} does not see the organization "${org.org}" at ${connection.place}. It sees: ${names === '' ? 'none' : names}.`,
      hint: `Correct ${side}.org (names are case-sensitive), or use a key of that organization.`,
    });
  }
  return { orgId: found.id, orgName: found.name, url: formatBaseUrl(connection.baseUrl) };
}

async function visibleOrgs(connection: Connection): Promise<readonly VisibleOrg[]> {
  try {
    // Login, fact sheet 1.3.
    return await sendRequest(connection, {
      method: 'POST',
      path: '/api/apikey/login',
      repeatable: true,
      read: (answer) => {
        const value = readJson(answer);
        return readOrgs(isObject(value) ? value.org_info : undefined);
      },
    });
  } catch (error) {
    if (!(error instanceof ApiError && error.routeMissing)) throw error;
  }
  const named = connection.options.org.org;
  return sendRequest(connection, {
    method: 'GET',
    path: '/v1/organization',
    query: named === undefined ? {} : { org_name: named },
    repeatable: true,
    read: (answer) => readOrgs(readObjects(answer)),
  });
}

function readOrgs(value: Json | undefined): readonly VisibleOrg[] {
  if (Array.isArray(value)) {
    const orgs = (value as readonly Json[]).filter(isObject).map(readOrg);
    if (orgs.length === value.length && !orgs.includes(undefined)) return orgs as VisibleOrg[];
  }
  throw new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
    detail: 'Expected a list of organizations with id and name.',
    hint: 'Check that the url is the address of the Braintrust API (data plane).',
  });
}

function readOrg(object: JsonObject): VisibleOrg | undefined {
  const { id, name } = object;
  return typeof id === 'string' && typeof name === 'string' ? { id, name } : undefined;
}
