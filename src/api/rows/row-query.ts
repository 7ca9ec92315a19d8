import type { StreamKind } from '../../domain/kind.ts';
import {
  type Container,
  type CountRequest,
  type NamesRequest,
  type PageRequest,
  type RowFilter,
  type SampleRequest,
  UNACCEPTED_COLUMNS,
  type UnacceptedColumn,
} from '../../domain/row-io.ts';

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
  const { containers, start, columns } = request;
  const filter = [...pageConditions(request), ...exclusions(request)].join(' and ');
  const query = [
    `select: ${columns === 'names' ? namesOf(containers[0].stream) : '*'}`,
    `from: ${sourceOf(containers)} spans`,
    ...(filter === '' ? [] : [`filter: ${filter}`]),
    `sort: ${start.at === 'among_ties' ? 'id' : '_pagination_key'} asc`,
    `limit: ${rows}`,
    ...(start.at === 'cursor' ? [`cursor: ${quoted(start.cursor)}`] : []),
  ].join('\n');
  return JSON.stringify({ query, fmt: 'jsonl', ...OPTIONS });
}

function namesOf(stream: StreamKind): string {
  return `id, _xact_id, _pagination_key, ${containerColumn(stream)}`;
}

/** What is counted, in either language: an expression and the name of its column in the answer. */
function measuresOf(stream: StreamKind, rows: string, unaccepted: boolean): [value: string, name: string][] {
  const columns = unaccepted ? unacceptedColumns(stream) : [];
  return [
    [rows, 'row_count'],
    ['min(_pagination_key)', 'first_key'],
    ['max(_pagination_key)', 'last_key'],
    ['max(_xact_id)', 'newest'],
    ['min(created)', 'oldest'],
    ...columns.map((column): [string, string] => [`count(${column})`, countName(column)]),
  ];
}

/** The columns that a stream's rows are read with and no insert accepts: only logs have the last one. */
export function unacceptedColumns(stream: StreamKind): readonly UnacceptedColumn[] {
  return UNACCEPTED_COLUMNS.filter((column) => stream === 'logs' || column !== '_async_scoring_state');
}

/** The name under which the rows that hold a column are counted. */
export function countName(column: UnacceptedColumn): string {
  return `with_${column.replace(/^_/, '')}`;
}

/** The body of a query for the counts of several containers, a row of the answer for each that has rows. */
export function groupedCountQuery(requests: readonly [CountRequest, ...CountRequest[]], unaccepted: boolean): string {
  const conditions = groupConditions(requests).join(' and ');
  const { stream } = requests[0].container;
  const measures = measuresOf(stream, 'count(1)', unaccepted).map(([value, name]) => `${value} as ${name}`);
  const query = [
    `dimensions: ${containerColumn(stream)}`,
    `measures: ${measures.join(', ')}`,
    `from: ${sourceOf(requests.map(({ container }) => container))} spans`,
    ...(conditions === '' ? [] : [`filter: ${conditions}`]),
  ].join('\n');
  return JSON.stringify({ query, fmt: 'json', ...OPTIONS });
}

/** The same for one container, in the form that was recorded (fact sheet 4.2, recordings). */
export function singleCountQuery({ container, filter }: CountRequest, unaccepted: boolean): string {
  const measures = measuresOf(container.stream, 'count(*)', unaccepted).map(([value, name]) => `${value} AS ${name}`);
  const conditions = conditionsOf(filter, '>').join(' AND ');
  const query = `SELECT ${measures.join(', ')} FROM ${sourceOf([container])}${conditions === '' ? '' : ` WHERE ${conditions}`}`;
  return JSON.stringify({ query, fmt: 'json', ...OPTIONS });
}

/** The body of a query for the number of rows that each transaction last wrote, in each of several containers. */
export function transactionsQuery(containers: readonly [Container, ...Container[]]): string {
  const dimensions = containers.length === 1 ? '_xact_id' : `${containerColumn(containers[0].stream)}, _xact_id`;
  const query = `dimensions: ${dimensions}\nmeasures: count(1) as row_count\nfrom: ${sourceOf(containers)} spans`;
  return JSON.stringify({ query, fmt: 'json', ...OPTIONS });
}

/** The body of a query for keys with a certain end, and for nothing else of their rows. */
export function sampleQuery({ containers, filter, suffix }: SampleRequest, rows: number): string {
  const conditions = [...conditionsOf(filter, '>'), `_pagination_key LIKE ${quoted(`%${suffix}`)}`];
  const query = [
    'select: _pagination_key',
    `from: ${sourceOf(containers)} spans`,
    `filter: ${conditions.join(' and ')}`,
    'sort: _pagination_key asc',
    `limit: ${rows}`,
  ].join('\n');
  return JSON.stringify({ query, fmt: 'json', ...OPTIONS });
}

/** The body of a query for the names of some rows of several containers. */
export function someNamesQuery({ containers, filter, ids, rows }: NamesRequest): string {
  const [{ stream }] = containers;
  const column = containerColumn(stream);
  const asked = [...(ids ?? [])].map(
    ([id, wanted]) => `(${column} = ${quoted(id)} and id IN [${wanted.map(quoted).join(', ')}])`,
  );
  const conditions = [...conditionsOf(filter, '>'), ...(asked.length === 0 ? [] : [`(${asked.join(' or ')})`])];
  const query = [
    `select: ${namesOf(stream)}`,
    `from: ${sourceOf(containers)} spans`,
    ...(conditions.length === 0 ? [] : [`filter: ${conditions.join(' and ')}`]),
    'sort: _pagination_key asc',
    `limit: ${rows}`,
  ].join('\n');
  return JSON.stringify({ query, fmt: 'json', ...OPTIONS });
}

/** The body of a query for the transactions of rows with these ids. */
export function versionsQuery(container: Container, ids: readonly string[]): string {
  const query = [
    'select: id, _xact_id',
    `from: ${sourceOf([container])} spans`,
    `filter: id IN [${ids.map(quoted).join(', ')}]`,
    `limit: ${ids.length}`,
  ].join('\n');
  return JSON.stringify({ query, fmt: 'json', ...OPTIONS });
}

/**
 * What all containers of a group have in common as one filter, because that is what a server can use an index for; what is
 * their own as alternatives.
 */
function groupConditions(requests: readonly [CountRequest, ...CountRequest[]]): string[] {
  const sets = requests.map(({ filter }) => new Set(conditionsOf(filter, '>')));
  const common = conditionsOf(requests[0].filter, '>').filter((condition) => sets.every((set) => set.has(condition)));
  if (sets.every(({ size }) => size === common.length)) return common;
  const alternatives = requests.map(({ container }, n) => {
    const own = [...(sets[n] ?? [])].filter((condition) => !common.includes(condition));
    return `(${[`${containerColumn(container.stream)} = ${quoted(container.id)}`, ...own].join(' and ')})`;
  });
  return [...common, `(${alternatives.join(' or ')})`];
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

/** A comparison with an id that is null would leave the row out, too. */
function exclusions({ containers, without = [] }: PageRequest): string[] {
  const column = containerColumn(containers[0].stream);
  return without
    .filter(({ container }) => containers.some(({ id }) => id === container))
    .map(({ container, id }) => {
      const elsewhere = containers.length === 1 ? '' : `${column} != ${quoted(container)} or `;
      return `(${elsewhere}id IS NULL or id != ${quoted(id)})`;
    });
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
