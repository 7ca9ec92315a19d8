import type { StreamKind } from '../../domain/kind.ts';
import type { Container, PageRequest, RowFilter } from '../../domain/row-io.ts';

/** What BTQL calls a stream, and the column that tells its containers apart (fact sheet 4.1, 5.3). */
const SOURCES: Readonly<Record<StreamKind, { readonly source: string; readonly column: ContainerColumn }>> = {
  logs: { source: 'project_logs', column: 'project_id' },
  experiment_rows: { source: 'experiment', column: 'experiment_id' },
  dataset_rows: { source: 'dataset', column: 'dataset_id' },
};

type ContainerColumn = 'project_id' | 'experiment_id' | 'dataset_id';

/** The options that every query carries: newest rows included, and no answer of another shape (fact sheet 5.1, 5.4). */
const OPTIONS = { use_brainstore: true, brainstore_realtime: true, api_version: 1 };

export function containerColumn(stream: StreamKind): ContainerColumn {
  return SOURCES[stream].column;
}

/** The body of a query for a page of whole rows, a row a line where the server can do that. */
export function pageQuery(request: PageRequest, rows: number): string {
  const { containers, start } = request;
  const filter = pageConditions(request).join(' and ');
  const query = [
    'select: *',
    `from: ${sourceOf(containers)} spans`,
    ...(filter === '' ? [] : [`filter: ${filter}`]),
    `sort: ${start.at === 'among_ties' ? 'id' : '_pagination_key'} asc`,
    `limit: ${rows}`,
    ...(start.at === 'cursor' ? [`cursor: ${quoted(start.cursor)}`] : []),
  ].join('\n');
  return JSON.stringify({ query, fmt: 'jsonl', ...OPTIONS });
}

/** The body of a query for the counts of several containers, a row of the answer for each that has rows. */
export function groupedCountQuery(containers: readonly Container[], filter: RowFilter): string {
  const [first] = containers;
  const conditions = conditionsOf(filter, '>').join(' and ');
  const query = [
    `dimensions: ${first === undefined ? '' : containerColumn(first.stream)}`,
    'measures: count(1) as row_count, min(_pagination_key) as first_key, max(_pagination_key) as last_key, max(_xact_id) as newest',
    `from: ${sourceOf(containers)} spans`,
    ...(conditions === '' ? [] : [`filter: ${conditions}`]),
  ].join('\n');
  return JSON.stringify({ query, fmt: 'json', ...OPTIONS });
}

/** The same for one container, in the form that was recorded (fact sheet 4.2, recordings). */
export function singleCountQuery(container: Container, filter: RowFilter): string {
  const conditions = conditionsOf(filter, '>').join(' AND ');
  const query = `SELECT count(*) AS row_count, min(_pagination_key) AS first_key, max(_pagination_key) AS last_key, max(_xact_id) AS newest FROM ${sourceOf([container])}${conditions === '' ? '' : ` WHERE ${conditions}`}`;
  return JSON.stringify({ query, fmt: 'json', ...OPTIONS });
}

function pageConditions({ filter, start }: PageRequest): string[] {
  if (start.at === 'cursor') return conditionsOf({ ...filter, keyAfter: null }, '>');
  if (start.at !== 'among_ties') return conditionsOf(filter, start.at === 'at_key' ? '>=' : '>');
  return [
    start.key === null ? '_pagination_key IS NULL' : `_pagination_key = ${quoted(start.key)}`,
    ...(start.idAfter === null ? [] : [`id > ${quoted(start.idAfter)}`]),
    ...conditionsOf({ ...filter, keyAfter: null, keyUpTo: null }, '>'),
  ];
}

function conditionsOf(filter: RowFilter, behindKey: '>' | '>='): string[] {
  const bounds: readonly (readonly [string, string, string | null])[] = [
    ['_pagination_key', behindKey, filter.keyAfter],
    ['_pagination_key', '<=', filter.keyUpTo],
    ['_xact_id', '>', filter.xactAfter],
    ['_xact_id', '<=', filter.xactUpTo],
    ['created', '>=', filter.createdAfter],
    ['created', '<', filter.createdBefore],
  ];
  return bounds.flatMap(([column, comparison, value]) =>
    value === null ? [] : [`${column} ${comparison} ${quoted(value)}`],
  );
}

function sourceOf(containers: readonly Container[]): string {
  const [first] = containers;
  return `${first === undefined ? '' : SOURCES[first.stream].source}(${containers.map(({ id }) => quoted(id)).join(', ')})`;
}

/** A text in single quotes; quotes and backslashes inside follow a backslash (fact sheet 5.3). */
function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
