import { type KindDefinition, NAME, NO_PUT, OBJECT, TEXT } from './kind-definition.ts';
import { urlSlug } from './url-slug.ts';

/** Fact sheet 2.2. `org_name` is tolerated because bt sends it (10.3). */
export const DATASET: KindDefinition = {
  kind: 'dataset',
  path: '/v1/dataset',
  verbs: NO_PUT,
  owner: 'project',
  fields: { name: NAME, description: TEXT, tags: { type: 'texts' }, metadata: OBJECT },
  shape: [
    'id',
    'project_id',
    'name',
    'description',
    'created',
    'deleted_at',
    'user_id',
    'tags',
    'metadata',
    'url_slug',
  ],
  uniqueBy: ['name'],
  deletes: 'soft',
  filters: { dataset_name: 'name' },
  tolerated: ['org_name'],
  server: ({ fields }, { user }) => ({ user_id: user.id, url_slug: urlSlug(String(fields.name)) }),
};
