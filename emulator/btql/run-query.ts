import { encodeCursor } from '../encoding/cursor.ts';
import { type PiecedBody, piecedBody } from '../http/reply-body.ts';
import type { RowContainer } from '../rows/row-container.ts';
import { WHOLE } from '../rows/row-head.ts';
import { RowPage } from '../rows/row-page.ts';
import { searchRows } from '../rows/search-rows.ts';
import { Aggregator, isAggregate } from './aggregate.ts';
import { compile } from './evaluate.ts';
import { extremes } from './extremes.ts';
import { filterWithin } from './filter-within.ts';
import { planScan } from './plan-scan.ts';
import { BtqlError, type Column, type Query } from './query.ts';
import type { Resolved } from './resolve-source.ts';
import { ObjectRowValues, type RowValues, StoredRowValues } from './row-values.ts';
import {
  isKeyOrder,
  positionOf,
  type Selected,
  type SelectOptions,
  selectObjects,
  selectRows,
  sortRows,
} from './select-rows.ts';
import { summarizeTraces, wholeTraces } from './trace-shapes.ts';

/** The rows of an answer, either as stored or as one JSON text each, and where to go on. */
export type Answer =
  | { readonly type: 'page'; readonly page: RowPage; readonly cursor: string | null }
  | { readonly type: 'texts'; readonly texts: readonly string[]; readonly cursor: string | null };

/** The rows of an answer, separated by commas (json) or one a line (jsonl). */
export function printRows(found: Answer, format: 'json' | 'jsonl'): PiecedBody {
  if (found.type === 'page') return format === 'json' ? found.page.commaSeparated() : found.page.lines();
  const text = format === 'json' ? found.texts.join(',') : found.texts.map((row) => `${row}\n`).join('');
  return piecedBody(text);
}

/** Carries out a query. Throws BtqlError. */
export function runQuery(query: Query, source: Resolved, options: SelectOptions): Answer {
  if (isAggregate(query)) return aggregate(query, source, options);
  if (query.select === null) throw new BtqlError('A query needs a select or measures clause');
  if (source.type === 'objects') {
    const rows = selectObjects(query, source.rows, options.now).map((row) => new ObjectRowValues(row));
    return { type: 'texts', texts: project(query.select, rows, options.now), cursor: null };
  }
  const matching = selectRows(query, source.containers, options);
  const cursor = isKeyOrder(query.sort) ? cursorAfter(matching) : null;
  if (query.from.shape === 'summary') {
    const traces = summarizeTraces(matching, options).map((row) => new ObjectRowValues(row));
    return { type: 'texts', texts: project(query.select, traces, options.now), cursor };
  }
  const selected = query.from.shape === 'traces' ? wholeTraces(matching, options).flat() : matching;
  if (isStar(query.select)) {
    const page = new RowPage();
    for (const { container, slot } of selected) page.add(container, slot);
    return { type: 'page', page, cursor };
  }
  return { type: 'texts', texts: project(query.select, storedRows(selected), options.now), cursor };
}

/** A cursor comes with every page that has rows; it stands for the page's last row (fact sheet 4.2). */
function cursorAfter(selected: readonly Selected[]): string | null {
  const last = selected.at(-1);
  const position = last === undefined ? null : positionOf(last);
  return position === null ? null : encodeCursor(position);
}

function isStar(columns: readonly Column[]): boolean {
  return columns.length === 1 && columns[0]?.expression.op === 'star';
}

function* storedRows(selected: readonly Selected[]): Iterable<RowValues> {
  const values = new StoredRowValues();
  for (const { container, slot } of selected) yield values.load(container, slot);
}

/** The wanted columns of each row, keys in alphabetical order as recorded; values that are paths keep their bytes. */
function project(columns: readonly Column[], rows: Iterable<RowValues>, now: number): string[] {
  if (isStar(columns)) return Array.from(rows, (row) => row.whole());
  if (columns.some(({ expression }) => expression.op === 'star')) {
    throw new BtqlError('* cannot be selected beside other columns');
  }
  const cells = columns.map(({ name, expression }) => ({
    key: JSON.stringify(name),
    read:
      expression.op === 'ident'
        ? (row: RowValues) => row.text(expression.path) ?? 'null'
        : printed(compile(expression, now)),
  }));
  cells.sort((a, b) => (a.key < b.key ? -1 : 1));
  return Array.from(rows, (row) => `{${cells.map(({ key, read }) => `${key}:${read(row)}`).join(',')}}`);
}

function printed(evaluate: (row: RowValues) => unknown): (row: RowValues) => string {
  return (row) => JSON.stringify(evaluate(row) ?? null);
}

function aggregate(query: Query, source: Resolved, options: SelectOptions): Answer {
  if (options.cursor !== null) throw new BtqlError('A cursor cannot be used with aggregates');
  const aggregator = new Aggregator(query, options.now);
  if (source.type === 'objects') {
    const rows = selectObjects({ ...query, sort: [], limit: null }, source.rows, options.now);
    for (const row of rows) aggregator.add(new ObjectRowValues(row));
  } else for (const container of source.containers) gather(aggregator, query, container, options);
  const sorted = sortRows(aggregator.rows(), groupSort(query), options.now, (row) => new ObjectRowValues(row));
  const texts = sorted.slice(0, query.limit ?? sorted.length).map((row) => JSON.stringify(row));
  return { type: 'texts', texts, cursor: null };
}

/** Groups are sorted by what they show: an alias, or the expression under it. */
function groupSort(query: Query): Query['sort'] {
  const columns = [...(query.select ?? []), ...query.dimensions, ...query.measures];
  return query.sort.map((key) => {
    const column = columns.find(({ expression }) => JSON.stringify(expression) === JSON.stringify(key.expression));
    return column === undefined ? key : { ...key, expression: { op: 'ident', path: [column.name] } };
  });
}

function gather(aggregator: Aggregator, query: Query, container: RowContainer, options: SelectOptions): void {
  const plan = planScan(filterWithin(query.filter, container.ref), options.now, options.version);
  const values = new StoredRowValues();
  const { residual, lookup, range } = plan;
  const slots = searchRows(container, {
    range,
    descending: false,
    limit: Number.POSITIVE_INFINITY,
    accept: residual === null ? null : (slot) => residual(values.load(container, slot)) === true,
    positions: lookup === null ? null : container.positions(lookup.column, lookup.values),
    wholeTies: false,
  });
  const [first] = slots;
  if (first === undefined) return;
  if (!aggregator.needsOnlyExtremes) {
    for (const slot of slots) aggregator.add(values.load(container, slot));
    return;
  }
  aggregator.add(values.load(container, first), slots.length);
  const shape = container.columns.shape;
  const late = aggregator.countsLate ? slots.filter((slot) => shape[slot] === WHOLE) : [];
  for (const slot of new Set([...extremes(container, slots), ...late])) {
    if (slot !== first) aggregator.add(values.load(container, slot), 0);
  }
}
