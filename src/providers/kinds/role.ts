import * as z from 'zod';
import { defineProvider, SERVER_FIELDS } from '../define-provider.ts';
import { json, optionalText, text } from '../fields.ts';

/** Custom roles; system roles have no organization and are matched by name (fact sheet 2.3). */
export const role = defineProvider({
  kind: 'role',
  path: '/v1/role',
  owner: { in: 'organization' },
  fields: z.object({ name: text, description: optionalText, member_permissions: json, member_roles: json }),
  key: ['name'],
  ignored: SERVER_FIELDS,
  sets: ['member_permissions', 'member_roles'],
  references: [{ path: 'member_roles[]', to: 'role' }],
  builtIn: { nullField: 'org_id' },
  writes: {
    put: true,
    orgName: true,
    deltas: { member_permissions: 'member_permissions', member_roles: 'member_roles' },
  },
});
