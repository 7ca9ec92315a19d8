import * as z from 'zod';
import { defineProvider } from '../define-provider.ts';
import { optionalText, reference, text } from '../fields.ts';

/** One grant: nothing of it can change, and several object types use the organization's or project's id (fact sheet 3.1). */
export const acl = defineProvider({
  kind: 'acl',
  path: '/v1/acl',
  owner: {
    in: 'object',
    typeField: 'object_type',
    idField: 'object_id',
  },
  fields: z.object({
    object_type: text,
    object_id: reference,
    user_id: reference,
    group_id: reference,
    permission: optionalText,
    role_id: reference,
    restrict_object_type: optionalText,
  }),
  key: ['user_id|group_id', 'permission|role_id', 'restrict_object_type'],
  ignored: {
    id: 'server-assigned',
    created: 'server-assigned',
    _object_org_id: 'server-assigned',
    org_name: 'not needed',
  },
  list: { path: '/v1/acl/list_org', envelope: 'array' },
  references: [
    { path: 'object_id', to: { kindFrom: 'object_type' }, breakAt: 'never' },
    { path: 'user_id', to: 'user', breakAt: 'never' },
    { path: 'group_id', to: 'group', breakAt: 'never' },
    { path: 'role_id', to: 'role', breakAt: 'never' },
  ],
  writes: {
    patch: false,
    immutable: ['object_type', 'object_id', 'user_id', 'group_id', 'permission', 'role_id', 'restrict_object_type'],
  },
});
