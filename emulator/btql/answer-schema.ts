import type { ContainerType } from '../rows/container-ref.ts';
import { nullableColumns } from '../rows/row-shape.ts';
import type { Column } from './query.ts';

const TEXT = { type: 'string' };
const TEXT_OR_NULL = { type: ['string', 'null'] };
const OBJECT_OR_NULL = { anyOf: [{ type: 'object', additionalProperties: {} }, { type: 'null' }] };
const ARRAY_OR_NULL = { anyOf: [{ type: 'array', items: {} }, { type: 'null' }] };
const TEXTS_OR_NULL = { anyOf: [{ type: 'array', items: TEXT }, { type: 'null' }] };

const TYPES: Readonly<Record<string, unknown>> = {
  id: TEXT,
  _xact_id: TEXT,
  _pagination_key: TEXT_OR_NULL,
  created: { type: 'string', format: 'date-time' },
  org_id: { type: 'string', format: 'uuid' },
  project_id: { type: 'string', format: 'uuid' },
  experiment_id: { type: 'string', format: 'uuid' },
  dataset_id: { type: 'string', format: 'uuid' },
  log_id: TEXT,
  span_id: TEXT,
  root_span_id: TEXT,
  span_parents: TEXTS_OR_NULL,
  is_root: { type: ['boolean', 'null'] },
  scores: OBJECT_OR_NULL,
  metadata: OBJECT_OR_NULL,
  metrics: OBJECT_OR_NULL,
  context: OBJECT_OR_NULL,
  span_attributes: OBJECT_OR_NULL,
  origin: OBJECT_OR_NULL,
  facets: OBJECT_OR_NULL,
  classifications: OBJECT_OR_NULL,
  tags: TEXTS_OR_NULL,
  comments: ARRAY_OR_NULL,
  audit_data: ARRAY_OR_NULL,
  name: TEXT_OR_NULL,
};

const OWNED: readonly string[] = [
  'id',
  '_xact_id',
  '_pagination_key',
  'created',
  'project_id',
  'span_id',
  'root_span_id',
  'is_root',
  'comments',
  'audit_data',
  'classifications',
];
const PER_TYPE: Readonly<Record<ContainerType, readonly string[]>> = {
  project_logs: ['org_id', 'log_id', '_async_scoring_state'],
  experiment: ['experiment_id'],
  dataset: ['dataset_id'],
  playground_logs: ['log_id', 'prompt_session_id'],
};

/** The JSON schema that comes with an answer: the columns by name, with what is known of their types. */
export function answerSchema(type: ContainerType | null, columns: readonly Column[] | null): unknown {
  const names = columns?.every(({ expression }) => expression.op !== 'star')
    ? columns.map(({ name }) => name)
    : rowColumns(type);
  const properties = Object.fromEntries(names.map((name) => [name, TYPES[name] ?? {}]));
  return { type: 'array', items: { type: 'object', properties } };
}

function rowColumns(type: ContainerType | null): readonly string[] {
  return type === null ? [] : [...OWNED, ...PER_TYPE[type], ...nullableColumns(type)];
}
