import type { StoredObject } from '../store/object-table.ts';
import type { Org } from '../tenancy.ts';
import type { World } from '../world.ts';

/** Object types whose object is the org itself (fact sheet 3.1, acl). */
const ORG_TYPES = ['organization', 'org_project', 'org_member', 'org_audit_logs'];

/** The table in which an object type lives. */
function tableOfType(objectType: string): string {
  if (ORG_TYPES.includes(objectType)) return 'organization';
  if (objectType === 'project_log') return 'project';
  return objectType === 'function' ? 'prompt' : objectType;
}

/** A live object of the given kind or object type in one of the orgs; a user must be a member. */
export function findVisible(
  world: World,
  orgs: readonly Org[],
  objectType: string,
  id: string,
): StoredObject | undefined {
  const stored = world.table(tableOfType(objectType)).live(id);
  if (stored === undefined) return undefined;
  const isVisible =
    objectType === 'user'
      ? orgs.some((org) => world.tenants.isMember(org.id, id))
      : orgs.some((org) => org.id === stored.orgId) || stored.orgId === '';
  return isVisible ? stored : undefined;
}
