import { paginationPosition } from '../encoding/pagination-key.ts';
import type { RowContainer } from '../rows/row-container.ts';
import { compareKeys } from '../rows/row-order.ts';
import { searchRows } from '../rows/search-rows.ts';
import { compareValues, compile, type Evaluate } from './evaluate.ts';
import { filterWithin } from './filter-within.ts';
import { continueAfter, planScan, type ScanPlan } from './plan-scan.ts';
import { BtqlError, type Query, type SortKey } from './query.ts';
import { ObjectRowValues, type RowValues, StoredRowValues } from './row-values.ts';

/** One row that a query selects. */
export interface Selected {
  readonly container: RowContainer;
  readonly slot: number;
}

export interface SelectOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Low 48 bits of the transaction to look back at; Infinity for now. */
  readonly version: number;
  readonly cursor: string | null;
  readonly wholeTies: boolean;
}

/** Rows in key order unless `sort` asks for something else; then there is no cursor (fact sheet 5.3). */
export function isKeyOrder(sort: readonly SortKey[]): boolean {
  if (sort.length === 0) return true;
  const [first] = sort;
  return sort.length === 1 && first?.expression.op === 'ident' && first.expression.path.join('.') === '_pagination_key';
}

/** The rows that a query without aggregates selects, in their order. Throws BtqlError. */
export function selectRows(query: Query, containers: readonly RowContainer[], options: SelectOptions): Selected[] {
  const limit = query.limit ?? Number.POSITIVE_INFINITY;
  const plan = ({ ref }: RowContainer) => planScan(filterWithin(query.filter, ref), options.now, options.version);
  if (!isKeyOrder(query.sort)) {
    if (options.cursor !== null)
      throw new BtqlError('A cursor works only without sort or with a sort by _pagination_key');
    const all = containers.flatMap((container) =>
      search(container, plan(container), true, Number.POSITIVE_INFINITY, options),
    );
    return sortSelected(all, query.sort, options.now).slice(0, limit);
  }
  const descending = query.sort[0]?.descending ?? true;
  const lists = containers.map((container) => {
    const { range, ...rest } = plan(container);
    const behind = options.cursor === null ? range : continueAfter(range, options.cursor, descending);
    return search(container, { ...rest, range: behind }, descending, limit, options);
  });
  return lists.length === 1 ? (lists[0] ?? []) : mergeLists(lists, descending).slice(0, limit);
}

function search(
  container: RowContainer,
  plan: ScanPlan,
  descending: boolean,
  limit: number,
  options: SelectOptions,
): Selected[] {
  const { residual, lookup } = plan;
  const values = new StoredRowValues();
  const slots = searchRows(container, {
    range: plan.range,
    descending,
    limit,
    accept: residual === null ? null : (slot) => residual(values.load(container, slot)) === true,
    positions: lookup === null ? null : container.positions(lookup.column, lookup.values),
    wholeTies: options.wholeTies,
  });
  return slots.map((slot) => ({ container, slot }));
}

function mergeLists(lists: readonly Selected[][], descending: boolean): Selected[] {
  const direction = descending ? -1 : 1;
  return lists.flat().sort((a, b) => direction * compareAcross(a, b));
}

function compareAcross(a: Selected, b: Selected): number {
  if (a.container === b.container) return compareKeys(a.container.columns, a.slot, b.slot);
  const high = a.container.keyOf(a.slot).keyHigh - b.container.keyOf(b.slot).keyHigh;
  return high || a.container.keyOf(a.slot).keyLow - b.container.keyOf(b.slot).keyLow;
}

function sortSelected(rows: readonly Selected[], sort: readonly SortKey[], now: number): Selected[] {
  const values = new StoredRowValues();
  return sortRows(rows, sort, now, (row) => values.load(row.container, row.slot));
}

/** Sorts by values, missing ones last; equal ones keep their order. */
export function sortRows<T>(
  rows: readonly T[],
  sort: readonly SortKey[],
  now: number,
  read: (row: T) => RowValues,
): T[] {
  const keys = sort.map(({ expression, descending }) => ({ evaluate: compile(expression, now), descending }));
  const decorated = rows.map((row) => {
    const values = read(row);
    return { row, keys: keys.map(({ evaluate }) => evaluate(values)) };
  });
  decorated.sort((a, b) => {
    for (const [n, { descending }] of keys.entries()) {
      const order = compareSortKeys(a.keys[n], b.keys[n], descending);
      if (order !== 0) return order;
    }
    return 0;
  });
  return decorated.map(({ row }) => row);
}

function compareSortKeys(a: unknown, b: unknown, descending: boolean): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const order = compareValues(a, b) ?? 0;
  return descending ? -order : order;
}

/** Rows kept as objects: filtered, sorted (newest version first unless asked otherwise) and cut. Throws BtqlError. */
export function selectObjects<T extends Readonly<Record<string, unknown>>>(
  query: Query,
  rows: readonly T[],
  now: number,
): T[] {
  const accept: Evaluate | null = query.filter === null ? null : compile(query.filter, now);
  const kept = rows.filter((row) => accept === null || accept(new ObjectRowValues(row)) === true);
  const newest: SortKey = { expression: { op: 'ident', path: ['_xact_id'] }, descending: true };
  const sort = isKeyOrder(query.sort) ? [newest] : query.sort;
  return sortRows(kept, sort, now, (row) => new ObjectRowValues(row)).slice(0, query.limit ?? kept.length);
}

/** The position that a cursor after this row stands for; null for a row without a key. */
export function positionOf({ container, slot }: Selected): bigint | null {
  const { keyHigh, keyLow } = container.keyOf(slot);
  return Number.isFinite(keyHigh) ? paginationPosition(BigInt(keyHigh), keyLow) : null;
}
