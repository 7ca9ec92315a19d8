import type { Fields, StoredObject } from '../store/object-table.ts';
import type { World } from '../world.ts';
import type { KindDefinition } from './kind-definition.ts';

/** Listed and deleted generically; made in app/credential-routes.ts, where the key is shown once. */
export const API_KEY: KindDefinition = {
  kind: 'api_key',
  path: '/v1/api_key',
  verbs: ['list', 'get', 'delete'],
  owner: 'org',
  fields: {},
  shape: [
    'id',
    'created',
    'name',
    'preview_name',
    'user_id',
    'user_email',
    'user_given_name',
    'user_family_name',
    'org_id',
  ],
  uniqueBy: null,
  deletes: 'hard',
  filters: { api_key_name: 'name' },
  present: addUser,
};

export const SERVICE_TOKEN: KindDefinition = {
  kind: 'service_token',
  path: '/v1/service_token',
  verbs: ['list', 'get', 'delete'],
  owner: 'org',
  fields: {},
  shape: [
    'id',
    'created',
    'name',
    'preview_name',
    'service_account_id',
    'service_account_email',
    'service_account_name',
    'org_id',
  ],
  uniqueBy: null,
  deletes: 'hard',
  filters: { service_token_name: 'name' },
  present: addServiceAccount,
};

function addUser(fields: Fields, _stored: StoredObject, world: World): Fields {
  const user = world.tenants.user(String(fields.user_id));
  return {
    ...fields,
    user_email: user?.email ?? null,
    user_given_name: user?.given_name ?? null,
    user_family_name: user?.family_name ?? null,
  };
}

function addServiceAccount(fields: Fields, stored: StoredObject, world: World): Fields {
  const account = world.tenants.user(String(stored.fields.user_id));
  return {
    ...fields,
    service_account_id: account?.id ?? null,
    service_account_email: account?.email ?? null,
    service_account_name: account?.given_name ?? null,
  };
}
