import { OBJECT_TYPES } from './access.ts';
import { ALL_VERBS, type KindDefinition, NAME, OBJECT } from './kind-definition.ts';

const VIEW_TYPES = [
  'projects',
  'experiments',
  'experiment',
  'playgrounds',
  'playground',
  'datasets',
  'dataset',
  'prompts',
  'parameters',
  'tools',
  'scorers',
  'classifiers',
  'logs',
  'monitor',
  'for_review_project_log',
  'for_review_experiments',
  'for_review_datasets',
] as const;

/** Every operation names the owner beside the id (fact sheet 2.2). The unique key is a guess (13.7). */
export const VIEW: KindDefinition = {
  kind: 'view',
  path: '/v1/view',
  verbs: ALL_VERBS,
  owner: 'object',
  ownerTypes: OBJECT_TYPES,
  locator: 'always',
  fields: {
    view_type: { type: VIEW_TYPES, required: true },
    name: NAME,
    view_data: OBJECT,
    options: OBJECT,
    user_id: { type: 'uuid', references: 'user' },
    deleted_at: { type: 'text', on: 'create' },
  },
  shape: [
    'id',
    'object_type',
    'object_id',
    'view_type',
    'name',
    'created',
    'view_data',
    'options',
    'user_id',
    'deleted_at',
  ],
  uniqueBy: ['view_type', 'name'],
  deletes: 'soft',
  filters: { view_name: 'name', view_type: 'view_type' },
};
