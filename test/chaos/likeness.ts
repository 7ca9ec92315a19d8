import { createHash } from 'node:crypto';
import type { EmulatorClient } from '../support/emulator-client.ts';
import { portrait } from '../support/portrait.ts';

/** Columns that belong to an org or a moment. */
const OWN = ['_xact_id', '_pagination_key', 'org_id', 'project_id', 'experiment_id', 'dataset_id', 'audit_data'];
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const PAGE = 1000;

/** Everything an org holds, without its ids: orgs that mean the same are alike, rows in their order. Knows nothing of the engine. */
export interface Likeness {
  readonly objects: readonly string[];
  /** By name of the container; a row a text. */
  readonly rows: ReadonlyMap<string, readonly string[]>;
  /** How many attachments the rows refer to; in the texts a digest of their bytes stands in place of their keys. */
  readonly attachments: number;
}

type Row = Record<string, unknown>;

export async function likeness(client: EmulatorClient): Promise<Likeness> {
  const objects = await portrait(client);
  const rows = new Map<string, readonly string[]>();
  const digests = new Map<string, string>();
  const projects = await client.list('/v1/project');
  const names = new Map<string, string>();
  for (const path of ['project', 'dataset', 'experiment', 'prompt', 'function']) {
    for (const object of await client.list(`/v1/${path}`)) {
      const owner = names.get(String(object.project_id)) ?? '';
      names.set(object.id, `${path} ${owner} ${object.slug ?? object.name}`);
    }
  }
  const read = async (source: string, id: string): Promise<void> => {
    const found = await rowsOf(client, `${source}('${id}')`);
    await digestAttachments(client, found, digests);
    rows.set(
      `${source} ${names.get(id)}`,
      found.map((row) => textOf(row, digests).replace(UUID, (one) => names.get(one) ?? one)),
    );
  };
  for (const { id } of projects) await read('project_logs', id);
  for (const { id } of await client.list('/v1/dataset')) await read('dataset', id);
  for (const { id } of await client.list('/v1/experiment')) await read('experiment', id);
  return { objects, rows, attachments: digests.size };
}

async function rowsOf(client: EmulatorClient, from: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (let after = ''; ; ) {
    const filter = after === '' ? '' : `\nfilter: _pagination_key > '${after}'`;
    const query = `select: *\nfrom: ${from} spans${filter}\nsort: _pagination_key asc\nlimit: ${PAGE}`;
    const { data } = (await client.object('POST', '/btql', { query, fmt: 'json' })) as unknown as { data: Row[] };
    if (data.length === 0) return rows;
    rows.push(...data);
    after = String(data.at(-1)?._pagination_key);
  }
}

function textOf(row: Row, digests: ReadonlyMap<string, string>): string {
  const shown = Object.entries(row).filter(([key, value]) => !OWN.includes(key) && value !== null);
  return JSON.stringify(
    shown.sort(([a], [b]) => (a < b ? -1 : 1)),
    (_key, value: unknown) => (isAttachment(value) ? { ...value, key: digests.get(value.key) } : value),
  );
}

async function digestAttachments(
  client: EmulatorClient,
  rows: readonly Row[],
  digests: Map<string, string>,
): Promise<void> {
  const keys = new Set<string>();
  JSON.stringify(rows, (_key, value: unknown) => {
    if (isAttachment(value)) keys.add(value.key);
    return value;
  });
  for (const key of keys) {
    if (digests.has(key)) continue;
    const { status, body } = await client.call('GET', `/attachment?key=${key}&filename=f&content_type=c`);
    const { downloadUrl } = (body ?? {}) as { downloadUrl?: string };
    const bytes = status === 200 ? await (await fetch(String(downloadUrl))).arrayBuffer() : undefined;
    digests.set(key, bytes === undefined ? 'MISSING' : createHash('sha256').update(Buffer.from(bytes)).digest('hex'));
  }
}

function isAttachment(value: unknown): value is { readonly key: string } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'braintrust_attachment';
}

/** How the second differs from the first; empty when they are alike. */
export function differences(wanted: Likeness, found: Likeness): { lost: string[]; surplus: string[]; moved: string[] } {
  const lost: string[] = [];
  const surplus: string[] = [];
  const moved: string[] = [];
  const compare = (name: string, a: readonly string[], b: readonly string[]): void => {
    const left = new Map<string, number>();
    for (const text of b) left.set(text, (left.get(text) ?? 0) + 1);
    const missing: string[] = [];
    for (const text of a) {
      const count = left.get(text) ?? 0;
      if (count === 0) missing.push(`${name}: ${text}`);
      else left.set(text, count - 1);
    }
    const more = [...left].flatMap(([text, count]) => Array.from({ length: count }, () => `${name}: ${text}`));
    lost.push(...missing);
    surplus.push(...more);
    if (missing.length + more.length === 0 && a.some((text, index) => text !== b[index])) moved.push(name);
  };
  compare('objects', wanted.objects, found.objects);
  for (const name of new Set([...wanted.rows.keys(), ...found.rows.keys()])) {
    compare(name, wanted.rows.get(name) ?? [], found.rows.get(name) ?? []);
  }
  return { lost, surplus, moved };
}
