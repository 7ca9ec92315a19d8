import { type KindDefinition, TEXT } from './kind-definition.ts';

/** Cannot be created or deleted by API. Members are changed in app/organization-members.ts. */
export const ORGANIZATION: KindDefinition = {
  kind: 'organization',
  path: '/v1/organization',
  verbs: ['list', 'get', 'patch'],
  owner: 'org',
  fields: {
    name: { type: 'name' },
    api_url: TEXT,
    is_universal_api: { type: 'boolean' },
    is_dataplane_private: { type: 'boolean' },
    proxy_url: TEXT,
    realtime_url: TEXT,
    image_rendering_mode: { type: ['auto', 'click_to_load', 'blocked'] },
  },
  shape: [
    'id',
    'name',
    'api_url',
    'is_universal_api',
    'is_dataplane_private',
    'proxy_url',
    'realtime_url',
    'created',
    'image_rendering_mode',
  ],
  uniqueBy: ['name'],
  deletes: 'hard',
  filters: { org_name: 'name' },
};

/** Served at /environment, without /v1 and without paging (fact sheet 2.3). */
export const ENVIRONMENT: KindDefinition = {
  kind: 'environment',
  path: '/environment',
  verbs: ['list', 'get', 'create', 'patch', 'delete'],
  owner: 'org',
  paging: 'none',
  fields: {
    name: { type: 'name', required: true },
    slug: { type: 'name', required: true },
    description: { type: 'text', nullClears: true },
  },
  shape: ['id', 'org_id', 'name', 'slug', 'description', 'created', 'deleted_at'],
  uniqueBy: ['slug'],
  deletes: 'soft',
  filters: { name: 'name' },
};
