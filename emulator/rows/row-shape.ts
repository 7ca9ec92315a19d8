import type { ContainerRef, ContainerType } from './container-ref.ts';
import { FIRST_OWNED, type FieldName, fieldNumber, OTHER } from './row-field.ts';

const SPAN_COLUMNS: readonly FieldName[] = [
  'context',
  'error',
  'expected',
  'facets',
  'input',
  'metadata',
  'metrics',
  'origin',
  'output',
  'scores',
  'span_attributes',
  'span_parents',
  'tags',
];
const DATASET_COLUMNS: readonly FieldName[] = ['expected', 'facets', 'input', 'metadata', 'origin', 'tags'];

/** The user columns that a row of this type always shows, null when they were not sent (fact sheet 4.1). */
export function nullableColumns(type: ContainerType): readonly FieldName[] {
  return type === 'dataset' ? DATASET_COLUMNS : SPAN_COLUMNS;
}

/** By field number: 1 when the column is stored as sent, 0 when the server sets, ignores or does not know it. */
export function keptFields(type: ContainerType): Uint8Array {
  const kept = new Uint8Array(256).fill(0);
  kept[OTHER] = 1;
  const foreign: readonly FieldName[] = type === 'dataset' ? SPAN_COLUMNS : [];
  for (let field = 0; field < FIRST_OWNED; field++) kept[field] = 1;
  for (const name of foreign) kept[fieldNumber(name)] = 0;
  for (const name of nullableColumns(type)) kept[fieldNumber(name)] = 1;
  kept[fieldNumber('created')] = 0;
  for (let field = FIRST_OWNED; field < OTHER; field++) kept[field] = 0;
  return kept;
}

/** The values of the columns that the server owns, as JSON text. */
export interface OwnedValues {
  readonly paginationKey: string | null;
  readonly xactId: string;
  readonly created: string;
  readonly isRoot: boolean;
  readonly auditData: string;
  readonly comments: string;
  readonly classifications: string;
  readonly asyncScoringState: string;
}

/** Name and JSON text of every server-owned column, in alphabetical order. */
export function ownedColumns(ref: ContainerRef, values: OwnedValues): [string, string][] {
  return [
    ['_pagination_key', values.paginationKey === null ? 'null' : `"${values.paginationKey}"`],
    ['_xact_id', `"${values.xactId}"`],
    ['audit_data', values.auditData],
    ['classifications', values.classifications],
    ['comments', values.comments],
    ['created', `"${values.created}"`],
    ['is_root', String(values.isRoot)],
    ['project_id', JSON.stringify(ref.projectId)],
    ...containerColumns(ref, values.asyncScoringState),
  ];
}

function containerColumns(ref: ContainerRef, asyncScoringState: string): [string, string][] {
  switch (ref.type) {
    case 'project_logs':
      return [
        ['_async_scoring_state', asyncScoringState],
        ['log_id', '"g"'],
        ['org_id', JSON.stringify(ref.orgId)],
      ];
    case 'experiment':
      return [['experiment_id', JSON.stringify(ref.id)]];
    case 'dataset':
      return [['dataset_id', JSON.stringify(ref.id)]];
    case 'playground_logs':
      return [
        ['log_id', '"x"'],
        ['prompt_session_id', JSON.stringify(ref.id)],
      ];
  }
}

export function auditEntry(xactId: string, action: 'upsert' | 'merge', source: string, metadata: string): string {
  return `{"_xact_id":"${xactId}","audit_data":{"action":"${action}"},"metadata":${metadata},"source":${source}}`;
}
