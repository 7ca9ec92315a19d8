import * as z from 'zod';
import { defineProvider, SERVER_FIELDS } from '../define-provider.ts';
import { json, optionalText, reference, text } from '../fields.ts';

/** Environment variables of functions; the value is write-only and the list has no cursor (fact sheet 2.2 and 8). */
export const envVar = defineProvider({
  kind: 'env_var',
  path: '/v1/env_var',
  owner: {
    in: 'object',
    typeField: 'object_type',
    idField: 'object_id',
  },
  fields: z.object({
    object_type: text,
    object_id: reference,
    name: text,
    metadata: json,
    secret_type: optionalText,
    secret_category: optionalText,
  }),
  key: ['name'],
  secret: 'value',
  secretPreview: 'preview_secret',
  // Not among the fields that the specification has for a create, so it is sent only where it matters.
  defaults: { secret_category: 'env_var' },
  ignored: {
    ...SERVER_FIELDS,
    used: 'server clock',
    secret_updated_at: 'server clock',
    secret_updated_by_user_id: 'server-assigned',
    preview_secret: 'derived from the value',
  },
  list: { paging: 'limit_only', noOrgName: true },
  references: [{ path: 'object_id', to: { kindFrom: 'object_type' }, breakAt: 'never' }],
  writes: { patchAlways: ['name'], immutable: ['object_type', 'object_id', 'secret_category'] },
});
