import { ApiError } from './api-error.ts';
import type { RequestHeaders } from './http/http-request.ts';
import type { Org, User } from './tenancy.ts';
import type { World } from './world.ts';

export interface Identity {
  readonly user: User;
  readonly orgs: readonly Org[];
  /** The org that the header x-bt-org-name or the query org_name picks, else the first. */
  readonly org: Org;
}

const REJECTED =
  'Failed to validate Cognito JWT: Error: JWT string does not consist of exactly 3 parts (header, payload, signature)';

/**
 * Resolves the bearer token (fact sheet 1.2).
 * @throws ApiError 401 for a missing or unknown key, 403 for an org that the key does not open.
 */
export function authenticate(world: World, headers: RequestHeaders, query: URLSearchParams): Identity {
  const token = /^Bearer\s+(.+)$/i.exec(headers.authorization ?? '')?.[1]?.trim();
  const grant = token === undefined ? undefined : world.tenants.grant(token);
  const user = grant === undefined ? undefined : world.tenants.user(grant.userId);
  if (grant === undefined || user === undefined) throw new ApiError(401, REJECTED);
  const orgs = grant.orgIds.flatMap((id) => world.tenants.org(id) ?? []);
  const first = orgs[0];
  if (first === undefined) throw new ApiError(401, REJECTED);
  const wanted = orgHeader(headers) ?? query.get('org_name') ?? '';
  if (wanted === '') return { user, orgs, org: first };
  const named = orgs.find((org) => org.name === wanted);
  if (named === undefined) {
    throw new ApiError(
      403,
      `Missing read access to organization named ${wanted}, or the organization does not exist`,
      'json',
    );
  }
  return { user, orgs, org: named };
}

/** The org that x-bt-org-name picks; names beyond ASCII arrive as UTF-8 bytes. */
export function orgHeader(headers: RequestHeaders): string | null {
  const value = headers['x-bt-org-name'];
  return typeof value === 'string' ? Buffer.from(value, 'latin1').toString('utf8') : null;
}
