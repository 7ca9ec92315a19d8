import { randomUUID } from 'node:crypto';
import type { Fields } from './store/object-table.ts';
import type { Org, User } from './tenancy.ts';
import type { World } from './world.ts';

const ALL = ['create', 'read', 'update', 'delete', 'create_acls', 'read_acls', 'update_acls', 'delete_acls'];

interface BuiltIn {
  readonly role: string;
  readonly group: string;
  /** Used in every org unless switches.systemRoleIdsGlobal is off. */
  readonly roleId: string;
  readonly description: string;
  readonly permissions: readonly string[];
}

/** The roles and groups that every org has from the start (fact sheet 2.3). */
const BUILT_IN: readonly BuiltIn[] = [
  {
    role: 'Owner',
    group: 'Owners',
    roleId: '0b6e3f0c-4a52-4a4e-9a6a-6f1f0a5f1c01',
    description: 'Unrestricted access to the organization, its data and its settings',
    permissions: ALL,
  },
  {
    role: 'Engineer',
    group: 'Engineers',
    roleId: '0b6e3f0c-4a52-4a4e-9a6a-6f1f0a5f1c02',
    description: 'Can read and change data, cannot change permissions',
    permissions: ['create', 'read', 'update', 'delete', 'read_acls'],
  },
  {
    role: 'Viewer',
    group: 'Viewers',
    roleId: '0b6e3f0c-4a52-4a4e-9a6a-6f1f0a5f1c03',
    description: 'Can read data',
    permissions: ['read'],
  },
];

const ROLES_CREATED = '2023-06-01T00:00:00.000Z';

/** Creates an org as the service does: system roles, built-in groups, and ACLs that give each group its role. */
export function foundOrg(world: World, name: string, owner: User, id?: string): Org {
  const org = world.tenants.addOrg(name, id);
  if (!world.tenants.isMember(org.id, owner.id)) world.tenants.addMember(org.id, owner.id);
  for (const builtIn of BUILT_IN) {
    const roleId = addRole(world, org, builtIn);
    const groupId = addGroup(world, org, builtIn, owner);
    addAcl(world, org, groupId, roleId);
  }
  return org;
}

function addRole(world: World, org: Org, { role, roleId, description, permissions }: BuiltIn): string {
  const isGlobal = world.switches.systemRoleIdsGlobal;
  const orgId = isGlobal ? '' : org.id;
  const id = isGlobal ? roleId : randomUUID();
  if (world.table('role').live(id) !== undefined) return id;
  const fields: Fields = {
    id,
    org_id: null,
    user_id: null,
    created: ROLES_CREATED,
    name: role,
    description,
    deleted_at: null,
    member_permissions: permissions.map((permission) => ({ permission, restrict_object_type: null })),
    member_roles: null,
  };
  world
    .table('role')
    .put({ id, orgId, ownerId: orgId, created: ROLES_CREATED, uniqueKey: null, deleted: false, fields });
  return id;
}

function addGroup(world: World, org: Org, { group, description }: BuiltIn, owner: User): string {
  const id = randomUUID();
  const created = world.clock.iso();
  const fields: Fields = {
    id,
    org_id: org.id,
    user_id: null,
    created,
    name: group,
    description,
    deleted_at: null,
    member_users: group === 'Owners' ? [owner.id] : [],
    member_groups: null,
  };
  const uniqueKey = JSON.stringify([org.id, group]);
  world.table('group').put({ id, orgId: org.id, ownerId: org.id, created, uniqueKey, deleted: false, fields });
  return id;
}

function addAcl(world: World, org: Org, groupId: string, roleId: string): void {
  const id = randomUUID();
  const created = world.clock.iso();
  const fields: Fields = {
    id,
    object_type: 'organization',
    object_id: org.id,
    user_id: null,
    group_id: groupId,
    permission: null,
    restrict_object_type: null,
    role_id: roleId,
    _object_org_id: org.id,
    created,
  };
  const ownerId = `organization:${org.id}`;
  const uniqueKey = JSON.stringify([ownerId, null, groupId, null, null, roleId]);
  world.table('acl').put({ id, orgId: org.id, ownerId, created, uniqueKey, deleted: false, fields });
}
