import * as z from 'zod';
import { defineProvider, SERVER_FIELDS } from '../define-provider.ts';
import { text } from '../fields.ts';

/** People are matched by e-mail, never created; an invitation is opt-in (fact sheet 9). */
export const user = defineProvider({
  kind: 'user',
  path: '/v1/user',
  owner: { in: 'organization' },
  fields: z.object({ email: text }),
  key: ['email'],
  ignored: {
    ...SERVER_FIELDS,
    given_name: 'belongs to the person',
    family_name: 'belongs to the person',
    avatar_url: 'belongs to the person',
  },
  writes: { create: 'invite', patch: false },
});
