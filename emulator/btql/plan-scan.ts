import { decodeCursor } from '../encoding/cursor.ts';
import { parsePaginationKey } from '../encoding/pagination-key.ts';
import { parseInstant } from '../rows/instant.ts';
import { everything, type KeyBound, type RowRange } from '../rows/search-rows.ts';
import { compile, type Evaluate, Instant } from './evaluate.ts';
import { BtqlError, type Comparison, type Expression } from './query.ts';
import type { RowValues } from './row-values.ts';

type Draft = { -readonly [key in keyof RowRange]: RowRange[key] };

/** Columns for which the store keeps an index of rows by value. */
export type IndexedColumn = 'id' | 'span_id' | 'root_span_id';

const INDEXED: readonly string[] = ['id', 'root_span_id', 'span_id'] satisfies IndexedColumn[];
const MIRRORED: Readonly<Record<string, Comparison>> = { eq: 'eq', ne: 'ne', lt: 'gt', le: 'ge', gt: 'lt', ge: 'le' };
const TOP = 0x0de1n << 48n;
const LOW_48 = (1n << 48n) - 1n;

/** How a filter is carried out: what the columns decide, which index narrows the rows, and what is asked of each row then. */
export interface ScanPlan {
  readonly range: RowRange;
  readonly lookup: { readonly column: IndexedColumn; readonly values: readonly string[] } | null;
  readonly residual: Evaluate | null;
}

/**
 * Splits a filter into a range over key, `created` and transaction, an index look-up and the rest.
 * Throws BtqlError.
 */
export function planScan(filter: Expression | null, now: number, version: number): ScanPlan {
  const range: Draft = { ...everything(now), version };
  const rest: Expression[] = [];
  let lookup: ScanPlan['lookup'] = null;
  for (const item of conjuncts(filter)) {
    if (narrow(range, item, now)) continue;
    lookup ??= readLookup(item);
    rest.push(item);
  }
  const residual = rest.length === 0 ? null : compile({ op: 'and', items: rest }, now);
  return { range, lookup, residual };
}

/** Narrows a range to the rows behind a cursor, in the direction of reading. Throws BtqlError. */
export function continueAfter(range: RowRange, cursor: string, descending: boolean): RowRange {
  const position = decodeCursor(cursor);
  if (position === null) throw new BtqlError('Invalid cursor');
  const bound = { high: Number(position >> 16n), low: Number(position & 0xffffn), open: true };
  return descending
    ? { ...range, keyMax: lower(range.keyMax, bound) }
    : { ...range, keyMin: higher(range.keyMin, bound) };
}

function conjuncts(filter: Expression | null): readonly Expression[] {
  if (filter === null) return [];
  return filter.op === 'and' ? filter.items.flatMap(conjuncts) : [filter];
}

/** Takes a comparison of an indexed column with a constant into the range; false when it is something else. */
function narrow(range: Draft, item: Expression, now: number): boolean {
  const comparison = asColumnComparison(item);
  if (comparison === null || comparison.op === 'ne') return false;
  if (comparison.column === '_pagination_key') return narrowKey(range, comparison.op, comparison.constant);
  if (comparison.column === 'created') return narrowCreated(range, comparison.op, comparison.constant, now);
  if (comparison.column === '_xact_id') return narrowXact(range, comparison.op, comparison.constant);
  return false;
}

function asColumnComparison(item: Expression): { column: string; op: Comparison; constant: Expression } | null {
  const op = MIRRORED[item.op];
  if (op === undefined || !('left' in item) || !('right' in item)) return null;
  const left = columnOf(item.left);
  const right = columnOf(item.right);
  if (left !== null && right === null && isConstant(item.right))
    return { column: left, op: item.op as Comparison, constant: item.right };
  if (right !== null && left === null && isConstant(item.left)) return { column: right, op, constant: item.left };
  return null;
}

function columnOf(expression: Expression): string | null {
  return expression.op === 'ident' && expression.path.length === 1 ? (expression.path[0] ?? null) : null;
}

function isConstant(expression: Expression): boolean {
  if (expression.op === 'literal') return expression.value !== null;
  if (expression.op === 'interval') return true;
  if (expression.op === 'call') return expression.name === 'now';
  return (
    (expression.op === 'add' || expression.op === 'sub') && isConstant(expression.left) && isConstant(expression.right)
  );
}

function narrowKey(range: Draft, op: Comparison, constant: Expression): boolean {
  const key =
    constant.op === 'literal' && typeof constant.value === 'string' ? parsePaginationKey(constant.value) : null;
  if (key === null) return false;
  const bound = (open: boolean): KeyBound => ({ high: Number(key >> 16n), low: Number(key & 0xffffn), open });
  if (op === 'gt' || op === 'ge' || op === 'eq') range.keyMin = higher(range.keyMin, bound(op === 'gt'));
  if (op === 'lt' || op === 'le' || op === 'eq') range.keyMax = lower(range.keyMax, bound(op === 'lt'));
  return true;
}

function higher(a: KeyBound | null, b: KeyBound): KeyBound {
  return a === null || order(a, b) < 0 || (order(a, b) === 0 && b.open) ? b : a;
}

function lower(a: KeyBound | null, b: KeyBound): KeyBound {
  return a === null || order(a, b) > 0 || (order(a, b) === 0 && b.open) ? b : a;
}

function order(a: KeyBound, b: KeyBound): number {
  return a.high - b.high || a.low - b.low;
}

const NO_ROW: RowValues = { text: () => undefined, whole: () => 'null' };

function narrowCreated(range: Draft, op: Comparison, constant: Expression, now: number): boolean {
  const value = compile(constant, now)(NO_ROW);
  const instant =
    value instanceof Instant ? value.milliseconds : typeof value === 'string' ? parseInstant(value) : Number.NaN;
  if (Number.isNaN(instant)) return false;
  // `created` is whole milliseconds, so an exclusive bound is the next one.
  if (op === 'gt') range.createdMin = Math.max(range.createdMin, Math.floor(instant) + 1);
  if (op === 'ge' || op === 'eq') range.createdMin = Math.max(range.createdMin, instant);
  if (op === 'lt') range.createdMax = Math.min(range.createdMax, Math.ceil(instant) - 1);
  if (op === 'le' || op === 'eq') range.createdMax = Math.min(range.createdMax, instant);
  return true;
}

function narrowXact(range: Draft, op: Comparison, constant: Expression): boolean {
  if (constant.op !== 'literal') return false;
  const digits = constant.digits ?? String(constant.value);
  if (!/^\d{1,20}$/.test(digits)) return false;
  const value = BigInt(digits);
  const low = value < TOP ? -1 : value > (TOP | LOW_48) ? 2 ** 48 : Number(value & LOW_48);
  if (op === 'gt') range.xactMin = Math.max(range.xactMin, low + 1);
  if (op === 'ge' || op === 'eq') range.xactMin = Math.max(range.xactMin, low);
  if (op === 'lt') range.xactMax = Math.min(range.xactMax, low - 1);
  if (op === 'le' || op === 'eq') range.xactMax = Math.min(range.xactMax, low);
  return true;
}

function readLookup(item: Expression): ScanPlan['lookup'] {
  const values = item.op === 'eq' ? [item.left, item.right] : item.op === 'in' ? [item.left, ...item.values] : [];
  const column = values.map(columnOf).find((name) => name !== null && INDEXED.includes(name));
  if (column === undefined || column === null) return null;
  const texts = values
    .filter((value) => columnOf(value) !== column)
    .map((value) => (value.op === 'literal' ? value.value : null));
  if (texts.length !== values.length - 1 || !texts.every((text) => typeof text === 'string')) return null;
  return { column: column as IndexedColumn, values: texts };
}
