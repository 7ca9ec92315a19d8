import { randomBytes } from 'node:crypto';
import type { Fields, StoredObject } from '../store/object-table.ts';
import type { World } from '../world.ts';
import { type Draft, type KindDefinition, NO_PUT, OBJECT, TEXT, type WriteScope } from './kind-definition.ts';

/** Fact sheet 2.3. `ensure_new` gives a taken name a suffix; a missing name is made up. */
export const EXPERIMENT: KindDefinition = {
  kind: 'experiment',
  path: '/v1/experiment',
  verbs: NO_PUT,
  owner: 'project',
  fields: {
    name: TEXT,
    description: TEXT,
    repo_info: { type: 'object', initial: {} },
    base_exp_id: { type: 'uuid', references: 'experiment' },
    dataset_id: { type: 'uuid', references: 'dataset' },
    dataset_version: TEXT,
    internal_metadata: OBJECT,
    parameters_id: { type: 'uuid', references: 'prompt' },
    parameters_version: TEXT,
    public: { type: 'boolean', initial: false },
    metadata: OBJECT,
    tags: { type: 'texts' },
    ensure_new: { type: 'boolean', on: 'create' },
  },
  shape: [
    'id',
    'project_id',
    'name',
    'description',
    'created',
    'repo_info',
    'commit',
    'base_exp_id',
    'deleted_at',
    'dataset_id',
    'dataset_version',
    'internal_metadata',
    'parameters_id',
    'parameters_version',
    'public',
    'user_id',
    'metadata',
    'tags',
  ],
  uniqueBy: ['name'],
  deletes: 'soft',
  filters: { experiment_name: 'name' },
  defaultLimit: 1000,
  tolerated: ['org_name'],
  settle: chooseName,
  server: (_draft, { user }) => ({ user_id: user.id }),
  present: addComputed,
};

function chooseName({ fields, ownerId }: Draft, { world }: WriteScope): Fields {
  const table = world.table('experiment');
  const isTaken = (name: string): boolean => table.byKey(JSON.stringify([ownerId, name])) !== undefined;
  const given = typeof fields.name === 'string' && fields.name !== '' ? fields.name : null;
  if (given !== null && fields.ensure_new !== true) return fields;
  const name = given ?? inventName(fields, world);
  return { ...fields, name: isTaken(name) ? `${name}-${randomBytes(4).toString('hex')}` : name };
}

/** `<git branch>-<unix seconds>` as recorded; without a branch the word stands for it. */
function inventName(fields: Fields, world: World): string {
  const branch = (fields.repo_info as Fields | null | undefined)?.branch;
  return `${typeof branch === 'string' ? branch : 'experiment'}-${Math.floor(world.clock.now() / 1000)}`;
}

/** `commit` mirrors repo_info; internal_metadata says whether there are rows (recorded). */
function addComputed(fields: Fields, stored: StoredObject, world: World): Fields {
  const commit = (fields.repo_info as Fields | null)?.commit ?? null;
  const hasRows = world.rows.count('experiment', stored.id) > 0;
  const internal = fields.internal_metadata as Fields | null;
  return { ...fields, commit, internal_metadata: hasRows ? { ...internal, experiment_has_rows: true } : internal };
}
