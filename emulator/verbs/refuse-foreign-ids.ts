import { ApiError } from '../api-error.ts';
import type { Org } from '../tenancy.ts';
import type { World } from '../world.ts';
import { isUuid, missing } from './refusals.ts';

/**
 * With the switch `nestedReferencesChecked`: refuses ids at any depth that belong to another org, so that a client
 * which forgets to translate one is found out. Ids that nobody has pass, as do people who are members.
 * @throws ApiError 400
 */
export function refuseForeignIds(world: World, org: Org, value: unknown): void {
  if (!world.switches.nestedReferencesChecked) return;
  if (Array.isArray(value)) for (const entry of value) refuseForeignIds(world, org, entry);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, entry] of Object.entries(value)) {
      refuseForeignIds(world, org, key);
      refuseForeignIds(world, org, entry);
    }
  } else if (isUuid(value)) refuseForeignId(world, org, value);
}

function refuseForeignId(world: World, org: Org, id: string): void {
  if (world.tenants.isMember(org.id, id)) return;
  for (const kind of world.tableNames()) {
    const stored = world.table(kind).live(id);
    if (stored === undefined || stored.orgId === org.id || stored.orgId === '') continue;
    throw new ApiError(400, missing('read', kind, id));
  }
}
