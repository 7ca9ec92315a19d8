import type { Emulator } from '../../emulator/start-emulator.ts';

/** Everything an org holds without its ids, as sorted texts, and its rows in order: orgs that mean the same are alike. */
export interface OrgLikeness {
  readonly objects: readonly string[];
  /** By name of the container; a row a text. */
  readonly rows: ReadonlyMap<string, readonly string[]>;
}

interface Stored {
  readonly id: string;
  readonly orgId: string;
  readonly ownerId: string;
  readonly deleted: boolean;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly hidden?: unknown;
}

interface DumpedRow {
  readonly _xact_id: string;
  readonly _pagination_key: string;
  readonly json: string;
  readonly deleted?: boolean;
}

interface Dumped {
  readonly objects: Readonly<Record<string, readonly Stored[]>>;
  readonly rows: readonly { readonly container: { type: string; id: string }; readonly rows: readonly DumpedRow[] }[];
  readonly blobs: readonly { readonly key: string; readonly base64: string }[];
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** What belongs to an org or a moment, not to the object; whom a grant is for is told by its key. */
const OWN =
  /^(id|created|org_id|_object_org_id|user_id|_xact_id|_pagination_key|audit_data|updated_at|position|commit)$|_at$|_by_user_id$/;
/** Not migrated; and attachments, of which those that count are in rows. */
const LEFT_OUT = new Set(['organization', 'api_key', 'member', 'attachment', 'prompt_version']);

/** Reads what the emulator keeps, so that hidden secrets and every kind are seen; knows nothing of the engine. */
export function orgLikeness(emulator: Emulator, org: string): OrgLikeness {
  const { objects, rows, blobs } = emulator.dump() as unknown as Dumped;
  const orgId = emulator.orgs.find(({ name }) => name === org)?.id ?? '';
  const names = new Map<string, string>([[orgId, 'the org']]);
  for (const { key, base64 } of blobs)
    if (key.includes(orgId)) names.set(key.split('/').at(-1) ?? '', `bytes ${base64}`);
  const live = Object.entries(objects).flatMap(([table, all]) =>
    all.filter((one) => !one.deleted && one.orgId === orgId).map((one) => ({ ...one, table })),
  );
  for (const { id, email } of (objects.user ?? []).map(({ id, fields }) => ({ id, email: fields.email })))
    names.set(id, `user ${String(email)}`);
  for (const { id, fields } of objects.role ?? []) names.set(id, `role ${String(fields.name)}`);
  for (const { id, table, fields } of live) names.set(id, `${table} ${String(fields.slug ?? fields.name ?? '')}`);
  const named = (value: unknown): string => JSON.stringify(value).replace(UUID, (id) => names.get(id) ?? 'unknown');
  const containers = rows.filter(({ container }) => names.has(container.id));
  const texts = live.flatMap((one) => {
    if (LEFT_OUT.has(one.table) || one.table === 'user') return [];
    const shown = { ...one.fields, ...versionNamed(one, objects, containers) };
    const grantee = one.table === 'acl' ? { to: one.fields.user_id } : {};
    return [named([one.table, one.ownerId, { ...withoutOwn(shown), ...grantee }, one.hidden ?? {}])];
  });
  const members = (objects.member ?? []).filter((one) => one.orgId === orgId && !one.deleted);
  return {
    objects: [...texts, ...members.map(({ fields }) => named(['member', fields.user_id]))].sort(),
    rows: new Map(
      containers.map(({ container: { type, id }, rows: versions }) => [
        named([type, id]),
        newestOf(versions).map(({ json }) => named(withoutOwn(JSON.parse(json) as object))),
      ]),
    ),
  };
}

/** How the second differs from the first, as texts; empty when they are alike. */
export function unlike(wanted: OrgLikeness, found: OrgLikeness): string[] {
  const troubles: string[] = [];
  const compare = (name: string, a: readonly string[], b: readonly string[]): void => {
    const left = [...b];
    for (const text of a) {
      const at = left.indexOf(text);
      if (at < 0) troubles.push(`${name} lost ${text.slice(0, 600)}`);
      else left.splice(at, 1);
    }
    troubles.push(...left.map((text) => `${name} doubled or changed ${text.slice(0, 600)}`));
    if (troubles.length === 0 && a.some((text, index) => text !== b[index])) troubles.push(`${name} out of order`);
  };
  compare('objects', wanted.objects, found.objects);
  for (const name of new Set([...wanted.rows.keys(), ...found.rows.keys()]))
    compare(name, wanted.rows.get(name) ?? [], found.rows.get(name) ?? []);
  return troubles;
}

// A transaction means something by what was written up to it.
function versionNamed(
  { table, fields }: Stored & { readonly table: string },
  objects: Dumped['objects'],
  containers: Dumped['rows'],
): Record<string, unknown> {
  if (table === 'environment_object') {
    const { object_id, object_version } = fields;
    const all = (objects.prompt ?? []).filter(({ id }) => id === object_id);
    return { object_version: all.some((one) => one.fields._xact_id === object_version) ? 'newest' : 'older' };
  }
  if (table !== 'dataset_snapshot') return {};
  const rows = containers.find(({ container }) => container.id === fields.dataset_id)?.rows ?? [];
  const upTo = BigInt(String(fields.xact_id));
  return { xact_id: `${newestOf(rows).filter(({ _xact_id }) => BigInt(_xact_id) <= upTo).length} rows` };
}

/** The newest version of every row, in the order of keys. */
function newestOf(versions: readonly DumpedRow[]): DumpedRow[] {
  const newest = new Map<string, DumpedRow>();
  for (const version of versions) newest.set(String((JSON.parse(version.json) as { id: string }).id), version);
  return [...newest.values()]
    .filter(({ deleted }) => deleted !== true)
    .sort((a, b) => (a._pagination_key < b._pagination_key ? -1 : 1));
}

function withoutOwn(object: object): object {
  const kept = Object.entries(object).filter(([key, value]) => !OWN.test(key) && value !== null);
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}
