import type { EmulatorClient, Shown } from './emulator-client.ts';

const LISTS = [
  '/v1/project',
  '/v1/group',
  '/v1/role',
  '/v1/user',
  '/v1/dataset',
  '/v1/function',
  '/v1/experiment',
  '/v1/project_score',
  '/v1/project_tag',
  '/v1/acl/list_org',
];
/** What belongs to an org or a moment, not to the object. */
const OWN = ['id', 'created', 'org_id', '_object_org_id', 'user_id', '_xact_id', 'position', 'commit'];
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/**
 * Everything an org holds with names in place of ids, as sorted texts: two orgs that mean the same have equal portraits.
 * Knows nothing of the engine.
 */
export async function portrait(client: EmulatorClient): Promise<string[]> {
  const lists = await Promise.all(LISTS.map((path) => client.list(path)));
  const names = new Map<string, string>();
  for (const [index, objects] of lists.entries())
    for (const object of objects) names.set(object.id, nameOf(LISTS[index] ?? '', object, names));
  return lists
    .flat()
    .map((object) => describe(object, names))
    .sort();
}

function nameOf(path: string, { project_id, slug, name, email }: Shown, names: ReadonlyMap<string, string>): string {
  return [path, names.get(String(project_id)) ?? '', slug ?? name ?? email ?? ''].join(' ');
}

function describe(object: Shown, names: ReadonlyMap<string, string>): string {
  const shown = Object.entries(object).filter(([key, value]) => !OWN.includes(key) && value !== null);
  const [user] = 'object_type' in object && object.user_id !== null ? [names.get(String(object.user_id))] : [];
  const text = JSON.stringify([...shown, ['user', user ?? null]], (_key, value: unknown) => sorted(value));
  return text.replace(UUID, (id) => (names.get(id) ?? 'an unknown object').replace(/["\\]/g, '_'));
}

/** Keys in order, so that only content counts; lists of references of a role or group have none. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
