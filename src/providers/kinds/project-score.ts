import * as z from 'zod';
import { defineProvider, PROJECT_OWNED, SERVER_FIELDS, slugReferences } from '../define-provider.ts';
import { json, optionalText, reference, text } from '../fields.ts';

/** Scores, human review forms and online scoring rules; `config` is replaced whole (fact sheet 2.3). */
export const projectScore = defineProvider({
  kind: 'project_score',
  path: '/v1/project_score',
  owner: PROJECT_OWNED,
  fields: z.object({
    project_id: reference,
    name: text,
    description: optionalText,
    score_type: text,
    categories: json,
    config: json,
  }),
  key: ['name'],
  ignored: { ...SERVER_FIELDS, position: 'display order, follows creation order' },
  list: { byProject: true },
  sets: ['config.visibility.users', 'config.visibility.groups'],
  references: [
    { path: 'project_id', to: 'project', breakAt: 'never' },
    { path: 'config.online.scorers[].id', to: ['function', 'prompt'], version: 'version', oldVersion: 'block' },
    ...slugReferences('config.online.scorers[]'),
    { path: 'config.visibility.users[]', to: 'user' },
    { path: 'config.visibility.groups[]', to: 'group' },
  ],
  ordered: 'position',
  activates: ['config.online'],
  writes: { put: true, whole: ['config', 'categories'] },
});
