import * as z from 'zod';
import { defineProvider, SERVER_FIELDS } from '../define-provider.ts';
import { json, optionalText, text } from '../fields.ts';

/** Provider credentials; the value is write-only (fact sheet 8). */
export const aiSecret = defineProvider({
  kind: 'ai_secret',
  path: '/v1/ai_secret',
  owner: { in: 'organization' },
  fields: z.object({ name: text, type: optionalText, metadata: json }),
  key: ['name'],
  secret: 'secret',
  secretPreview: 'preview_secret',
  ignored: {
    ...SERVER_FIELDS,
    updated_at: 'server clock',
    secret_updated_at: 'server clock',
    secret_updated_by_user_id: 'server-assigned',
    preview_secret: 'derived from the value',
  },
  writes: { put: true, orgName: true },
});
