import { ALL_VERBS, type KindDefinition, NAME, OBJECT, TEXT } from './kind-definition.ts';

/** Fact sheet section 8: the secret is write-only, PUT without it keeps the stored one. */
export const AI_SECRET: KindDefinition = {
  kind: 'ai_secret',
  path: '/v1/ai_secret',
  verbs: ALL_VERBS,
  owner: 'org',
  fields: { name: NAME, type: TEXT, metadata: OBJECT, secret: { type: 'text', secret: true } },
  shape: [
    'id',
    'created',
    'updated_at',
    'org_id',
    'name',
    'type',
    'metadata',
    'secret_updated_at',
    'secret_updated_by_user_id',
    'preview_secret',
  ],
  uniqueBy: ['name'],
  deletes: 'hard',
  filters: { ai_secret_name: 'name', ai_secret_type: 'type' },
  server: () => ({ updated_at: null }),
};

/** Lists take a limit but no cursor, and PATCH must repeat the name (fact sheet 10.1). */
export const ENV_VAR: KindDefinition = {
  kind: 'env_var',
  path: '/v1/env_var',
  verbs: ALL_VERBS,
  owner: 'object',
  ownerTypes: ['organization', 'project', 'function'],
  paging: 'limit',
  fields: {
    name: { type: 'name', required: 'always' },
    value: { type: 'text', secret: true },
    metadata: OBJECT,
    secret_type: TEXT,
    secret_category: { type: ['env_var', 'ai_provider', 'sandbox_provider'], on: 'create', initial: 'env_var' },
  },
  shape: [
    'id',
    'object_type',
    'object_id',
    'name',
    'created',
    'secret_updated_at',
    'secret_updated_by_user_id',
    'used',
    'metadata',
    'preview_secret',
    'secret_type',
    'secret_category',
  ],
  uniqueBy: ['name'],
  deletes: 'hard',
  filters: { env_var_name: 'name', object_type: 'object_type', object_id: 'object_id' },
};
