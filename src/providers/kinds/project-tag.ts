import * as z from 'zod';
import { defineProvider, PROJECT_OWNED, SERVER_FIELDS } from '../define-provider.ts';
import { optionalText, reference, text } from '../fields.ts';

/** A declared tag of a project. */
export const projectTag = defineProvider({
  kind: 'project_tag',
  path: '/v1/project_tag',
  owner: PROJECT_OWNED,
  fields: z.object({ project_id: reference, name: text, description: optionalText, color: optionalText }),
  key: ['name'],
  ignored: { ...SERVER_FIELDS, position: 'display order, follows creation order' },
  list: { byProject: true },
  references: [{ path: 'project_id', to: 'project', breakAt: 'never' }],
  ordered: 'position',
  writes: { put: true },
});
