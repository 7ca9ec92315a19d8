import { ApiError } from '../api-error.ts';
import type { Fields } from '../store/object-table.ts';
import { ALL_VERBS, type KindDefinition, NAME, TEXT } from './kind-definition.ts';

const PERMISSIONS = [
  'create',
  'read',
  'update',
  'delete',
  'create_acls',
  'read_acls',
  'update_acls',
  'delete_acls',
] as const;

/** What an ACL, a view or a permission may be about (specification, AclObjectType). */
export const OBJECT_TYPES = [
  'organization',
  'project',
  'experiment',
  'dataset',
  'prompt',
  'prompt_session',
  'group',
  'role',
  'org_member',
  'project_log',
  'org_project',
  'org_audit_logs',
] as const;

/** System roles have `org_id` null; every org sees them and nobody changes them. */
export const ROLE: KindDefinition = {
  kind: 'role',
  path: '/v1/role',
  verbs: ALL_VERBS,
  owner: 'org',
  fields: {
    name: NAME,
    description: TEXT,
    member_permissions: { type: 'array', set: true },
    member_roles: { type: 'uuids', set: true, references: 'role' },
  },
  shape: [
    'id',
    'org_id',
    'user_id',
    'created',
    'name',
    'description',
    'deleted_at',
    'member_permissions',
    'member_roles',
  ],
  uniqueBy: ['name'],
  deletes: 'soft',
  filters: { role_name: 'name' },
  system: (world) => world.table('role').ofOrg(''),
  check: checkPermissions,
  server: (_draft, { user }) => ({ user_id: user.id }),
};

export const GROUP: KindDefinition = {
  kind: 'group',
  path: '/v1/group',
  verbs: ALL_VERBS,
  owner: 'org',
  fields: {
    name: NAME,
    description: TEXT,
    member_users: { type: 'uuids', set: true, references: 'user' },
    member_groups: { type: 'uuids', set: true, references: 'group' },
  },
  shape: ['id', 'org_id', 'user_id', 'created', 'name', 'description', 'deleted_at', 'member_users', 'member_groups'],
  uniqueBy: ['name'],
  deletes: 'soft',
  filters: { group_name: 'name' },
  server: (_draft, { user }) => ({ user_id: user.id }),
};

/** No PUT and no PATCH; the content is the key. Further routes are in app/acl-routes.ts. */
export const ACL: KindDefinition = {
  kind: 'acl',
  path: '/v1/acl',
  verbs: ['list', 'get', 'create', 'delete'],
  owner: 'object',
  ownerTypes: OBJECT_TYPES,
  locator: 'list',
  fields: {
    user_id: { type: 'uuid', references: 'user' },
    group_id: { type: 'uuid', references: 'group' },
    permission: { type: PERMISSIONS },
    restrict_object_type: { type: OBJECT_TYPES },
    role_id: { type: 'uuid', references: 'role' },
  },
  shape: [
    'id',
    'object_type',
    'object_id',
    'user_id',
    'group_id',
    'permission',
    'restrict_object_type',
    'role_id',
    '_object_org_id',
    'created',
  ],
  uniqueBy: ['user_id', 'group_id', 'permission', 'restrict_object_type', 'role_id'],
  deletes: 'hard',
  filters: {
    user_id: 'user_id',
    group_id: 'group_id',
    permission: 'permission',
    restrict_object_type: 'restrict_object_type',
    role_id: 'role_id',
  },
  check: checkGrant,
  server: (_draft, { org }) => ({ _object_org_id: org.id }),
};

/** Exactly one grantee and exactly one grant; a role cannot be restricted (specification, Acl). */
function checkGrant(fields: Fields): void {
  if ((fields.user_id ?? null) === null ? (fields.group_id ?? null) === null : (fields.group_id ?? null) !== null) {
    throw new ApiError(400, 'Exactly one of user_id and group_id must be provided');
  }
  if ((fields.permission ?? null) === null ? (fields.role_id ?? null) === null : (fields.role_id ?? null) !== null) {
    throw new ApiError(400, 'Exactly one of permission and role_id must be provided');
  }
  if ((fields.role_id ?? null) !== null && (fields.restrict_object_type ?? null) !== null) {
    throw new ApiError(400, 'Cannot specify restrict_object_type together with role_id');
  }
}

function checkPermissions(fields: Fields): void {
  const permissions = Array.isArray(fields.member_permissions) ? (fields.member_permissions as Fields[]) : [];
  for (const { permission, restrict_object_type: type } of permissions) {
    if (!PERMISSIONS.includes(permission as never)) throw new ApiError(400, `Invalid permission ${String(permission)}`);
    if ((type ?? null) !== null && !OBJECT_TYPES.includes(type as never)) {
      throw new ApiError(400, `Invalid restrict_object_type ${String(type)}`);
    }
  }
}
