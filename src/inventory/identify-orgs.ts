import { BtMigrateError } from '../domain/errors.ts';
import type { OrgIdentity, OrgReader } from '../domain/org.ts';
import { both } from '../domain/precedence.ts';

export interface OrgPair {
  readonly source: OrgIdentity;
  readonly destination: OrgIdentity;
}

/**
 * Finds out who both keys belong to.
 * @throws BTM_SAME_ORG, and what keeps an organization from being reached.
 */
export async function identifyOrgs(source: OrgReader, destination: OrgReader): Promise<OrgPair> {
  const [from, into] = await both(source.identity(), destination.identity());
  if (from.orgId !== into.orgId) return { source: from, destination: into };
  throw new BtMigrateError('BTM_SAME_ORG', {
    detail: `Both keys belong to the organization ${JSON.stringify(from.orgName)}.`,
    hint: 'Check BT_SOURCE_API_KEY and BT_DEST_API_KEY, and "org" on both sides of the spec.',
  });
}
