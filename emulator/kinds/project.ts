import { type KindDefinition, NAME, NO_PUT, TEXT } from './kind-definition.ts';

/** Fact sheet 2.3: no PUT, `settings` only by PATCH and replaced whole. */
export const PROJECT: KindDefinition = {
  kind: 'project',
  path: '/v1/project',
  verbs: NO_PUT,
  owner: 'org',
  fields: {
    name: NAME,
    description: TEXT,
    user_id: { type: 'uuid', on: 'patch', references: 'user' },
    settings: { type: 'object', on: 'patch', whole: true },
  },
  shape: ['id', 'org_id', 'name', 'description', 'created', 'deleted_at', 'user_id', 'settings'],
  uniqueBy: ['name'],
  deletes: 'soft',
  filters: { project_name: 'name', name: 'name' },
  children: [
    'experiment',
    'dataset',
    'prompt',
    'agent',
    'project_automation',
    'project_score',
    'project_tag',
    'span_iframe',
    'mcp_server',
  ],
  server: (_draft, { user }) => ({ user_id: user.id }),
};
