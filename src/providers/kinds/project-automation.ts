import * as z from 'zod';
import { defineProvider, PROJECT_OWNED, SERVER_FIELDS, slugReferences } from '../define-provider.ts';
import { json, optionalText, reference, text } from '../fields.ts';

const TABLE = ['function', 'prompt'] as const;

/** Alerts, exports, retention, topics: they act on rows as soon as they exist (fact sheet 2.3). */
export const projectAutomation = defineProvider({
  kind: 'project_automation',
  path: '/v1/project_automation',
  owner: PROJECT_OWNED,
  fields: z.object({ project_id: reference, name: text, description: optionalText, config: json }),
  key: ['name'],
  ignored: SERVER_FIELDS,
  noise: ['config.credentials.external_id'],
  hidden: ['config.action.url', 'config.action.workspace_id', 'config.action.channel'],
  references: [
    { path: 'project_id', to: 'project', breakAt: 'never' },
    { path: 'config.facet_functions[].id', to: TABLE, version: 'version', oldVersion: 'block' },
    ...slugReferences('config.facet_functions[]'),
    { path: 'config.topic_map_functions[].function.id', to: TABLE, version: 'version', oldVersion: 'block' },
    ...slugReferences('config.topic_map_functions[].function'),
    { path: 'config.topic_map_function_ids[]', to: TABLE },
    { path: 'config.data_scope.experiment_id', to: 'experiment' },
  ],
  blocked: [{ when: { path: 'config.event_type', equals: 'async_query' }, reason: 'transient_object' }],
  activates: [],
  writes: { put: true },
});
