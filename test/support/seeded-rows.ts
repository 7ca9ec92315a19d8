import { SOURCE_KEY } from './migration.ts';
import { type RowContainerOf, writeRows } from './mixed-rows.ts';
import { rowTexts } from './row-texts.ts';
import type { TwoOrgs } from './two-orgs.ts';

/** A spec of everything that holds rows, and no more. */
export const ROWS = 'resources: { include: [projects, datasets, experiments, logs, dataset_rows, experiment_rows] }\n';

const LISTS = { project_logs: '/v1/project', dataset: '/v1/dataset', experiment: '/v1/experiment' } as const;

export type Row = Record<string, unknown>;

/** Rows `l0`, `l1` … as the text of their members. */
export function tickets(count: number, more = ''): string[] {
  return Array.from({ length: count }, (_, n) => `"id":"l${n}","input":"ticket ${n}"${more}`);
}

/** Makes a project in the source and writes these rows to its logs. */
export async function logsOf(orgs: TwoOrgs, name: string, rows: readonly string[]): Promise<RowContainerOf> {
  const { id } = await orgs.project(name);
  return addRows(orgs, { type: 'project_logs', id, name }, rows);
}

/** Makes a dataset or an experiment in a project of the source and writes these rows to it. */
export async function objectOf(
  orgs: TwoOrgs,
  type: 'dataset' | 'experiment',
  { project, name }: { readonly project: string; readonly name: string },
  rows: readonly string[],
): Promise<RowContainerOf> {
  const { id } = await orgs.source.object('POST', LISTS[type], { project_id: project, name });
  return addRows(orgs, { type, id, name }, rows);
}

/** Writes rows to a container of the source. */
export async function addRows(
  orgs: TwoOrgs,
  container: RowContainerOf,
  rows: readonly string[],
): Promise<RowContainerOf> {
  await writeRows({ url: orgs.emulator.url, key: SOURCE_KEY }, container, rows);
  return container;
}

/** The container in the destination that this one of the source was copied to. */
export async function copyOf(orgs: TwoOrgs, { type, name }: RowContainerOf): Promise<RowContainerOf> {
  const { id } = await orgs.found('destination', LISTS[type], name);
  return { type, id, name };
}

/** The rows of a container as a query answers them, in order of keys. */
export async function rowsOf(
  orgs: TwoOrgs,
  side: 'source' | 'destination',
  { type, id }: RowContainerOf,
): Promise<Row[]> {
  const query = `select: * | from: ${type}('${id}') spans | sort: _pagination_key asc`;
  const { data } = await orgs[side].object('POST', '/btql', { query });
  return data as Row[];
}

/** The rows that arrived of a container of the source, in order of keys. */
export async function copiedRows(orgs: TwoOrgs, container: RowContainerOf): Promise<Row[]> {
  return rowsOf(orgs, 'destination', await copyOf(orgs, container));
}

/** What a container of the source holds and what its copy holds, byte for byte; either is in order of keys. */
export async function bothTexts(
  orgs: TwoOrgs,
  container: RowContainerOf,
): Promise<{ readonly source: Map<string, string>; readonly destination: Map<string, string> }> {
  const copy = await copyOf(orgs, container);
  const dump = orgs.emulator.dump();
  return {
    source: rowTexts(dump, container.type, container.id),
    destination: rowTexts(dump, copy.type, copy.id),
  };
}

/** Announces an attachment in the source, uploads its bytes and says so. */
export async function attach({ source }: TwoOrgs, key: string, bytes: string): Promise<void> {
  const announced = await source.object('POST', '/attachment', { key, filename: 'a.txt', content_type: 'text/plain' });
  await fetch(String(announced.signedUrl), { method: 'PUT', body: bytes });
  await source.object('POST', '/attachment/status', { key, status: { upload_status: 'done' } });
}

/** How a row refers to an attachment. */
export function attachmentText(key: string): string {
  return `{"type":"braintrust_attachment","filename":"a.txt","content_type":"text/plain","key":"${key}"}`;
}

/** What an attachment of the destination holds. */
export async function attachedText({ destination }: TwoOrgs, key: unknown): Promise<string> {
  const query = `key=${key}&filename=a.txt&content_type=text/plain`;
  const { downloadUrl } = await destination.object('GET', `/attachment?${query}`);
  return (await fetch(String(downloadUrl))).text();
}
