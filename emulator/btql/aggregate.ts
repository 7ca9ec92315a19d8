import { compareValues, compile, type Evaluate } from './evaluate.ts';
import { BtqlError, type Column, type Expression, type Query } from './query.ts';
import type { RowValues } from './row-values.ts';

const CONTAINER_IDS = new Set(['project_id', 'experiment_id', 'dataset_id']);
/** The columns of which `extremes` knows the lowest and highest value. */
const EXTREME_COLUMNS = new Set(['_pagination_key', '_xact_id', 'created']);
/** Columns that a row has nothing in before the server stores it anew, whole. */
const LATE_COLUMNS = new Set(['comments', 'classifications', '_async_scoring_state']);
const AGGREGATES = new Set(['count', 'count_distinct', 'sum', 'avg', 'min', 'max']);

/** True when the answer of a query is groups and not rows. */
export function isAggregate(query: Query): boolean {
  const columns = [...(query.select ?? []), ...query.measures];
  return (
    query.measures.length > 0 ||
    query.dimensions.length > 0 ||
    columns.some(({ expression }) => isAggregateCall(expression))
  );
}

function isAggregateCall(expression: Expression): boolean {
  return expression.op === 'call' && AGGREGATES.has(expression.name);
}

/** Gathers one aggregate over the rows of a group. */
interface Gatherer {
  add(row: RowValues, times: number): void;
  result(): unknown;
}

interface Group {
  readonly keys: readonly unknown[];
  readonly gatherers: readonly Gatherer[];
}

/**
 * Groups rows and computes the aggregates of a query. One row for no rows when nothing is grouped.
 * Throws BtqlError.
 */
export class Aggregator {
  readonly #dimensions: { readonly name: string; readonly evaluate: Evaluate }[];
  readonly #measures: { readonly name: string; readonly create: () => Gatherer }[];
  readonly #order: readonly string[];
  readonly #groups = new Map<string, Group>();

  constructor(query: Query, now: number) {
    const selected = query.select ?? [];
    const plain = selected.filter(({ expression }) => !isAggregateCall(expression));
    checkGrouped(plain, query.dimensions);
    // GROUP BY only says how to group; what is shown is in SELECT. BTQL shows its dimensions.
    const shown = query.select === null ? query.dimensions : plain;
    const hidden = query.dimensions.filter(
      (dimension) => !shown.some((column) => same(column.expression, dimension.expression)),
    );
    this.#dimensions = [...shown, ...hidden].map(({ name, expression }) => ({
      name,
      evaluate: compile(expression, now),
    }));
    const measures = [...selected.filter(({ expression }) => isAggregateCall(expression)), ...query.measures];
    this.#measures = measures.map(({ name, expression }) => ({ name, create: gatherer(expression, now) }));
    this.#order = [...shown, ...measures].map(({ name }) => name);
    this.needsOnlyExtremes =
      [...shown, ...hidden].every(({ expression }) => isContainerId(expression)) &&
      measures.every(({ expression }) => isCountOfRows(expression) || isExtreme(expression) || isLateCount(expression));
    this.countsLate = measures.some(({ expression }) => isLateCount(expression));
  }

  /** True when of the rows of one container only the number, the `extremes` and those that `countsLate` is about matter. */
  readonly needsOnlyExtremes: boolean;
  /** True when rows are counted that hold what the server adds to a row after it was written. */
  readonly countsLate: boolean;

  /** `times`: how many rows there are of which this is one; other than 1 only when `needsOnlyExtremes`. */
  add(row: RowValues, times = 1): void {
    const keys = this.#dimensions.map(({ evaluate }) => evaluate(row));
    for (const item of this.#group(keys).gatherers) item.add(row, times);
  }

  rows(): Record<string, unknown>[] {
    if (this.#groups.size === 0 && this.#dimensions.length === 0) this.#group([]);
    return [...this.#groups.values()].map(({ keys, gatherers }) => {
      const values = new Map(this.#dimensions.map(({ name }, n) => [name, keys[n]]));
      for (const [n, { name }] of this.#measures.entries()) values.set(name, gatherers[n]?.result());
      return Object.fromEntries(this.#order.map((name) => [name, values.get(name) ?? null]));
    });
  }

  #group(keys: readonly unknown[]): Group {
    const id = JSON.stringify(keys);
    const known = this.#groups.get(id);
    if (known !== undefined) return known;
    const group = { keys, gatherers: this.#measures.map(({ create }) => create()) };
    this.#groups.set(id, group);
    return group;
  }
}

function isContainerId(expression: Expression): boolean {
  return expression.op === 'ident' && expression.path.length === 1 && CONTAINER_IDS.has(expression.path[0] ?? '');
}

function isExtreme(expression: Expression): boolean {
  if (expression.op !== 'call' || (expression.name !== 'min' && expression.name !== 'max')) return false;
  const [argument] = expression.args;
  return argument?.op === 'ident' && argument.path.length === 1 && EXTREME_COLUMNS.has(argument.path[0] ?? '');
}

function isLateCount(expression: Expression): boolean {
  if (expression.op !== 'call' || expression.name !== 'count') return false;
  const [argument] = expression.args;
  return argument?.op === 'ident' && argument.path.length === 1 && LATE_COLUMNS.has(argument.path[0] ?? '');
}

function isCountOfRows(expression: Expression): boolean {
  if (expression.op !== 'call' || expression.name !== 'count') return false;
  const [argument] = expression.args;
  return argument === undefined || argument.op === 'star' || (argument.op === 'literal' && argument.value !== null);
}

function checkGrouped(plain: readonly Column[], dimensions: readonly Column[]): void {
  for (const column of plain) {
    if (column.expression.op === 'star') throw new BtqlError('* cannot be selected beside aggregates');
    const grouped = dimensions.some(
      ({ expression, name }) => same(expression, column.expression) || name === column.name,
    );
    if (!grouped) throw new BtqlError(`Column ${column.name} must be in GROUP BY`);
  }
}

function same(a: Expression, b: Expression): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function gatherer(expression: Expression, now: number): () => Gatherer {
  if (expression.op !== 'call' || !AGGREGATES.has(expression.name)) {
    throw new BtqlError('A measure must be count, count_distinct, sum, avg, min or max');
  }
  const [argument] = expression.args;
  if (expression.args.length > 1) throw new BtqlError(`${expression.name} takes one argument`);
  if (isCountOfRows(expression)) return countRows;
  if (argument === undefined) throw new BtqlError(`${expression.name} needs an argument`);
  const evaluate = compile(argument, now);
  switch (expression.name) {
    case 'count':
      return () => fold(evaluate, 0, (count: number) => count + 1);
    case 'count_distinct':
      return () => countDistinct(evaluate);
    case 'sum':
      return () => fold(evaluate, null, (sum: number | null, value) => (sum ?? 0) + Number(value));
    case 'avg':
      return () => average(evaluate);
    case 'min':
      return () =>
        fold(evaluate, null, (low: unknown, value) =>
          low === null || (compareValues(value, low) ?? 0) < 0 ? value : low,
        );
    default:
      return () =>
        fold(evaluate, null, (high: unknown, value) =>
          high === null || (compareValues(value, high) ?? 0) > 0 ? value : high,
        );
  }
}

function countRows(): Gatherer {
  let count = 0;
  return {
    add(_row, times) {
      count += times;
    },
    result: () => count,
  };
}

function fold<T>(evaluate: Evaluate, start: T, step: (state: T, value: unknown) => T): Gatherer {
  let state = start;
  return {
    add(row) {
      const value = evaluate(row);
      if (value !== null) state = step(state, value);
    },
    result: () => state,
  };
}

function countDistinct(evaluate: Evaluate): Gatherer {
  const seen = new Set<string>();
  return {
    add(row) {
      const value = evaluate(row);
      if (value !== null) seen.add(JSON.stringify(value));
    },
    result: () => seen.size,
  };
}

function average(evaluate: Evaluate): Gatherer {
  let sum = 0;
  let count = 0;
  return {
    add(row) {
      const value = evaluate(row);
      if (typeof value !== 'number') return;
      sum += value;
      count += 1;
    },
    result: () => (count === 0 ? null : sum / count),
  };
}
