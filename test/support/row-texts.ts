import { parseRawObject } from '../../emulator/rows/raw-object.ts';
import type { ContainerDump, RowRecord } from '../../emulator/rows/row-dump.ts';

/** What the server owns, and the ids of the organization that a row lives in. */
const OWN: ReadonlySet<string> = new Set([
  '_xact_id',
  '_pagination_key',
  '_async_scoring_state',
  'audit_data',
  'org_id',
  'project_id',
  'experiment_id',
  'dataset_id',
]);

/**
 * The rows of a container as they are stored, in order of their keys: the id of each and its other members, every byte as
 * it is. Read from the emulator's own dump, so that nothing of ours is asked whether we did well.
 */
export function rowTexts(dump: { readonly rows: unknown }, type: string, id: string): Map<string, string> {
  const found = (dump.rows as readonly ContainerDump[]).find(
    ({ container }) => container.type === type && container.id === id,
  );
  const newest = new Map<string, RowRecord>();
  for (const record of found?.rows ?? []) newest.set(idOf(record), record);
  const rows = [...newest].filter(([, record]) => record.deleted !== true);
  rows.sort(([, a], [, b]) => ((a._pagination_key ?? '') < (b._pagination_key ?? '') ? -1 : 1));
  return new Map(rows.map(([row, record]) => [row, textOf(record)]));
}

function membersOf({ json = '' }: RowRecord): ReadonlyMap<string, { readonly value: string }> {
  const members = parseRawObject(Buffer.from(json, 'utf8').toString('latin1'));
  if (members === null) throw new Error(`a row is no object: ${json}`);
  return members;
}

function idOf(record: RowRecord): string {
  return membersOf(record).get('id')?.value ?? '';
}

function textOf(record: RowRecord): string {
  const members = [...membersOf(record)].filter(([name, { value }]) => !OWN.has(name) && value !== 'null');
  return members.map(([name, { value }]) => `${name}:${value}`).join('\n');
}
