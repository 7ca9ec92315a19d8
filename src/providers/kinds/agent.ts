import * as z from 'zod';
import { defineProvider, PROJECT_OWNED, SERVER_FIELDS } from '../define-provider.ts';
import { json, optionalText, reference, text } from '../fields.ts';

/** An agent that traces are grouped under. */
export const agent = defineProvider({
  kind: 'agent',
  path: '/v1/agent',
  owner: PROJECT_OWNED,
  fields: z.object({ project_id: reference, name: text, description: optionalText, metadata: json }),
  key: ['name'],
  ignored: { ...SERVER_FIELDS, slug: 'derived from the name', kind: 'server-assigned' },
  verbatim: ['metadata'],
  references: [{ path: 'project_id', to: 'project', breakAt: 'never' }],
  writes: { put: true },
});
