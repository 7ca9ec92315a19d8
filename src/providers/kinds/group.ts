import * as z from 'zod';
import { defineProvider, SERVER_FIELDS } from '../define-provider.ts';
import { json, optionalText, text } from '../fields.ts';

/** Custom groups; the three groups that every organization has are matched by name (fact sheet 2.3). */
export const group = defineProvider({
  kind: 'group',
  path: '/v1/group',
  owner: { in: 'organization' },
  fields: z.object({ name: text, description: optionalText, member_users: json, member_groups: json }),
  key: ['name'],
  ignored: SERVER_FIELDS,
  sets: ['member_users', 'member_groups'],
  references: [
    { path: 'member_users[]', to: 'user' },
    { path: 'member_groups[]', to: 'group' },
  ],
  builtIn: { names: ['Owners', 'Engineers', 'Viewers'] },
  writes: { put: true, orgName: true, deltas: { member_users: 'member_users', member_groups: 'member_groups' } },
});
