import * as z from 'zod';
import { defineProvider, PROJECT_OWNED, SERVER_FIELDS } from '../define-provider.ts';
import { json, optionalText, reference, text } from '../fields.ts';

/** A dataset without its rows, which are a stream. */
export const dataset = defineProvider({
  kind: 'dataset',
  path: '/v1/dataset',
  owner: PROJECT_OWNED,
  fields: z.object({ project_id: reference, name: text, description: optionalText, tags: json, metadata: json }),
  key: ['name'],
  ignored: { ...SERVER_FIELDS, url_slug: 'derived from the name' },
  list: { byProject: true },
  sets: ['tags'],
  verbatim: ['metadata'],
  references: [{ path: 'project_id', to: 'project', breakAt: 'never' }],
});
