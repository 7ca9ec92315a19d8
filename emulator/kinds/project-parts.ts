import { ALL_VERBS, type Draft, type KindDefinition, NAME, OBJECT, TEXT, type WriteScope } from './kind-definition.ts';
import { lexoRankAfter } from './lexo-rank.ts';
import { urlSlug } from './url-slug.ts';

const CREATOR = (_draft: Draft, { user }: WriteScope) => ({ user_id: user.id });

/** `config` and `categories` are replaced whole (fact sheet 2.1); `position` grows with creation. */
export const PROJECT_SCORE: KindDefinition = {
  kind: 'project_score',
  path: '/v1/project_score',
  verbs: ALL_VERBS,
  owner: 'project',
  fields: {
    name: NAME,
    description: TEXT,
    score_type: {
      type: ['slider', 'categorical', 'weighted', 'minimum', 'maximum', 'online', 'free-form'],
      required: true,
    },
    categories: { type: 'any', whole: true },
    config: { type: 'object', whole: true },
  },
  shape: [
    'id',
    'project_id',
    'user_id',
    'created',
    'name',
    'description',
    'score_type',
    'categories',
    'config',
    'position',
  ],
  uniqueBy: ['name'],
  deletes: 'hard',
  filters: { project_score_name: 'name', score_type: 'score_type' },
  server: (draft, { user, world }) => ({
    user_id: user.id,
    position: lexoRankAfter(world.table('project_score').ofOwner(draft.ownerId)),
  }),
};

export const PROJECT_TAG: KindDefinition = {
  kind: 'project_tag',
  path: '/v1/project_tag',
  verbs: ALL_VERBS,
  owner: 'project',
  fields: { name: NAME, description: TEXT, color: TEXT },
  shape: ['id', 'project_id', 'user_id', 'created', 'name', 'description', 'color', 'position'],
  uniqueBy: ['name'],
  deletes: 'hard',
  filters: { project_tag_name: 'name' },
  server: (draft, { user, world }) => ({
    user_id: user.id,
    position: lexoRankAfter(world.table('project_tag').ofOwner(draft.ownerId)),
  }),
};

export const SPAN_IFRAME: KindDefinition = {
  kind: 'span_iframe',
  path: '/v1/span_iframe',
  verbs: ALL_VERBS,
  owner: 'project',
  fields: { name: NAME, description: TEXT, url: NAME, post_message: { type: 'boolean' } },
  shape: ['id', 'project_id', 'user_id', 'created', 'deleted_at', 'name', 'description', 'url', 'post_message'],
  uniqueBy: ['name'],
  deletes: 'soft',
  filters: { span_iframe_name: 'name' },
  server: CREATOR,
};

export const MCP_SERVER: KindDefinition = {
  kind: 'mcp_server',
  path: '/v1/mcp_server',
  verbs: ALL_VERBS,
  owner: 'project',
  fields: { name: NAME, description: TEXT, url: NAME },
  shape: ['id', 'project_id', 'user_id', 'created', 'deleted_at', 'name', 'description', 'url'],
  uniqueBy: ['name'],
  deletes: 'soft',
  filters: { mcp_server_name: 'name' },
  server: CREATOR,
};

export const AGENT: KindDefinition = {
  kind: 'agent',
  path: '/v1/agent',
  verbs: ALL_VERBS,
  owner: 'project',
  fields: { name: NAME, description: TEXT, metadata: OBJECT },
  shape: ['id', 'project_id', 'user_id', 'created', 'name', 'slug', 'kind', 'description', 'metadata'],
  uniqueBy: ['name'],
  deletes: 'hard',
  filters: { agent_name: 'name' },
  server: ({ fields }, { user }) => ({ user_id: user.id, slug: urlSlug(String(fields.name)), kind: 'agent' }),
};

/** A name for a transaction of a dataset (fact sheet 2.3). */
export const DATASET_SNAPSHOT: KindDefinition = {
  kind: 'dataset_snapshot',
  path: '/v1/dataset_snapshot',
  verbs: ALL_VERBS,
  owner: 'dataset',
  fields: { name: NAME, description: TEXT, xact_id: { type: 'name', required: true, on: 'create' } },
  shape: ['id', 'dataset_id', 'name', 'description', 'xact_id', 'created'],
  uniqueBy: ['name'],
  deletes: 'hard',
  filters: { dataset_snapshot_name: 'name' },
};
