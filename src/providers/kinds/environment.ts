import * as z from 'zod';
import { defineProvider, SERVER_FIELDS } from '../define-provider.ts';
import { optionalText, text } from '../fields.ts';

/** Deployment stages that prompt and dataset versions are assigned to; no `/v1`, no paging (fact sheet 2.3). */
export const environment = defineProvider({
  kind: 'environment',
  path: '/environment',
  owner: { in: 'organization' },
  fields: z.object({ name: text, slug: text, description: optionalText }),
  key: ['slug'],
  ignored: SERVER_FIELDS,
  list: { paging: 'whole' },
  writes: { nullClears: true, orgName: true },
});
