import { parseInstant } from '../rows/instant.ts';
import { BtqlError, type Comparison, type Expression } from './query.ts';
import type { RowValues } from './row-values.ts';

/** A point in time, milliseconds since 1970. */
export class Instant {
  readonly milliseconds: number;

  constructor(milliseconds: number) {
    this.milliseconds = milliseconds;
  }
}

const TIMES = new Set(['created']);
const FUNCTIONS = new Set(['now', 'coalesce', 'lower', 'upper', 'vector_keys', 'vector']);

/** Gives the value of an expression for a row; null for everything that SQL calls NULL. */
export type Evaluate = (row: RowValues) => unknown;

/**
 * Prepares an expression. `now` is milliseconds since 1970.
 * Throws BtqlError for what cannot be evaluated, before any row is read.
 */
export function compile(expression: Expression, now: number): Evaluate {
  switch (expression.op) {
    case 'literal':
      return () => expression.value;
    case 'ident':
      return (row) => parse(row.text(expression.path));
    case 'star':
      throw new BtqlError('* is allowed only as a column or in count(*)');
    case 'interval':
      throw new BtqlError('INTERVAL is allowed only beside + or - and a time');
    case 'call':
      return compileCall(expression.name, expression.args, now);
    case 'and':
    case 'or':
      return compileChain(
        expression.op,
        expression.items.map((item) => compile(item, now)),
      );
    case 'not': {
      const item = compile(expression.item, now);
      return (row) => not(item(row));
    }
    case 'isnull': {
      const item = compile(expression.item, now);
      return (row) => item(row) === null;
    }
    case 'in':
      return compileIn(expression.left, expression.values, now);
    case 'like':
      return compileLike(compile(expression.left, now), compile(expression.right, now), expression.ignoreCase);
    case 'includes':
      return compileIncludes(compile(expression.left, now), compile(expression.right, now));
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'mod':
      return compileArithmetic(expression.op, expression.left, expression.right, now);
    default:
      return compileComparison(expression.op, expression.left, expression.right, now);
  }
}

function parse(text: string | undefined): unknown {
  return text === undefined ? null : JSON.parse(text);
}

/** Three-valued: NULL is neither true nor false. */
function not(value: unknown): boolean | null {
  return value === null ? null : value !== true;
}

function compileChain(op: 'and' | 'or', items: readonly Evaluate[]): Evaluate {
  const decisive = op === 'or';
  return (row) => {
    let unknown = false;
    for (const item of items) {
      const value = item(row);
      if (value === null) unknown = true;
      else if ((value === true) === decisive) return decisive;
    }
    return unknown ? null : !decisive;
  };
}

/** Comparing with the literal null asks whether the value is missing, as recorded for `span_parents != null`. */
function compileComparison(op: Comparison, left: Expression, right: Expression, now: number): Evaluate {
  if (isNull(right) || isNull(left)) {
    const item = compile(isNull(right) ? left : right, now);
    if (op !== 'eq' && op !== 'ne') throw new BtqlError('null can only be compared with = and !=');
    return (row) => (item(row) === null) === (op === 'eq');
  }
  const [first, second] = comparable(left, right, now);
  return (row) => {
    const a = first(row);
    const b = second(row);
    if (a === null || b === null) return null;
    return decide(op, a, b);
  };
}

function decide(op: Comparison, a: unknown, b: unknown): boolean | null {
  if (op === 'eq') return equal(a, b);
  if (op === 'ne') return !equal(a, b);
  const order = compareValues(a, b);
  if (order === null) return null;
  if (op === 'lt') return order < 0;
  if (op === 'le') return order <= 0;
  return op === 'gt' ? order > 0 : order >= 0;
}

/** Makes both sides times when one is, and both digits when one is a transaction id. */
function comparable(left: Expression, right: Expression, now: number): [Evaluate, Evaluate] {
  const sides: [Evaluate, Evaluate] = [compile(left, now), compile(right, now)];
  if (isTime(left) || isTime(right)) {
    checkTime(left);
    checkTime(right);
    return [toInstant(sides[0]), toInstant(sides[1])];
  }
  if (isXact(left) || isXact(right)) return [digitsOf(left, sides[0]), digitsOf(right, sides[1])];
  return sides;
}

function isNull(expression: Expression): boolean {
  return expression.op === 'literal' && expression.value === null;
}

function isTime(expression: Expression): boolean {
  if (expression.op === 'ident') return expression.path.length === 1 && TIMES.has(expression.path[0] ?? '');
  if (expression.op === 'call') return expression.name === 'now';
  return (expression.op === 'add' || expression.op === 'sub') && (isTime(expression.left) || isTime(expression.right));
}

function isXact(expression: Expression): boolean {
  return expression.op === 'ident' && expression.path.length === 1 && expression.path[0] === '_xact_id';
}

function checkTime(expression: Expression): void {
  if (expression.op !== 'literal') return;
  if (typeof expression.value !== 'string' || Number.isNaN(parseInstant(expression.value))) {
    throw new BtqlError(`${JSON.stringify(expression.value)} is not a timestamp; write it as '2026-01-31T10:00:00Z'`);
  }
}

function toInstant(side: Evaluate): Evaluate {
  return (row) => {
    const value = side(row);
    if (value instanceof Instant) return value.milliseconds;
    const instant = typeof value === 'string' ? parseInstant(value) : Number.NaN;
    return Number.isNaN(instant) ? null : instant;
  };
}

/** A transaction id is too long for a double, so both sides are compared as padded digits. */
function digitsOf(expression: Expression, side: Evaluate): Evaluate {
  if (expression.op === 'literal') {
    const digits = expression.digits ?? String(expression.value);
    if (!/^\d{1,20}$/.test(digits)) throw new BtqlError(`${JSON.stringify(expression.value)} is not a transaction id`);
    return () => digits.padStart(20, '0');
  }
  return (row) => {
    const value = side(row);
    return value === null ? null : String(value).padStart(20, '0');
  };
}

function compileIn(left: Expression, values: readonly Expression[], now: number): Evaluate {
  const tests = values.map((value) => compileComparison('eq', left, value, now));
  const literals = new Set(
    values.map((value) => (value.op === 'literal' && typeof value.value === 'string' ? value.value : null)),
  );
  if (!literals.has(null) && !isTime(left) && !isXact(left)) {
    const item = compile(left, now);
    return (row) => {
      const value = item(row);
      return value === null ? null : typeof value === 'string' && literals.has(value);
    };
  }
  return compileChain('or', tests);
}

function compileLike(left: Evaluate, right: Evaluate, ignoreCase: boolean): Evaluate {
  const patterns = new Map<string, RegExp>();
  return (row) => {
    const text = left(row);
    const pattern = right(row);
    if (typeof text !== 'string' || typeof pattern !== 'string') return null;
    let regex = patterns.get(pattern);
    if (regex === undefined) {
      const source = pattern
        .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
        .replaceAll('%', '.*')
        .replaceAll('_', '.');
      regex = new RegExp(`^${source}$`, ignoreCase ? 'isu' : 'su');
      patterns.set(pattern, regex);
    }
    return regex.test(text);
  };
}

/** True when the array on the left holds the value, or every value of the array, on the right. */
function compileIncludes(left: Evaluate, right: Evaluate): Evaluate {
  return (row) => {
    const haystack = left(row);
    const needle = right(row);
    if (!Array.isArray(haystack) || needle === null) return null;
    const wanted = Array.isArray(needle) ? needle : [needle];
    return wanted.every((value) => haystack.some((element) => equal(element, value)));
  };
}

function compileCall(name: string, args: readonly Expression[], now: number): Evaluate {
  if (!FUNCTIONS.has(name)) throw new BtqlError(`Function ${name} is not supported by this server here`);
  if (name === 'now') return () => new Instant(now);
  // No vectors are kept, so there are no keys and no values.
  if (name === 'vector_keys') return () => [];
  if (name === 'vector') return () => null;
  const values = args.map((argument) => compile(argument, now));
  if (name === 'coalesce') return (row) => values.reduce<unknown>((found, value) => found ?? value(row), null);
  const [only] = values;
  if (only === undefined || values.length > 1) throw new BtqlError(`${name} takes one argument`);
  return (row) => {
    const value = only(row);
    if (typeof value !== 'string') return null;
    return name === 'lower' ? value.toLowerCase() : value.toUpperCase();
  };
}

function compileArithmetic(
  op: 'add' | 'sub' | 'mul' | 'div' | 'mod',
  left: Expression,
  right: Expression,
  now: number,
): Evaluate {
  if (right.op === 'interval') {
    if (op !== 'add' && op !== 'sub') throw new BtqlError('An interval can only be added or subtracted');
    const shift = op === 'add' ? right.milliseconds : -right.milliseconds;
    const time = toInstant(compile(left, now));
    return (row) => {
      const value = time(row);
      return typeof value === 'number' ? new Instant(value + shift) : null;
    };
  }
  const first = compile(left, now);
  const second = compile(right, now);
  return (row) => {
    const a = first(row);
    const b = second(row);
    if (typeof a !== 'number' || typeof b !== 'number') return null;
    if (op === 'add') return a + b;
    if (op === 'sub') return a - b;
    if (op === 'mul') return a * b;
    if (b === 0) return null;
    return op === 'div' ? a / b : a % b;
  };
}

function equal(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' && typeof b !== 'object') return compareValues(a, b) === 0;
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Order of two values of one kind; a number and a text that is one compare as numbers. Null when they have no order. */
export function compareValues(a: unknown, b: unknown): number | null {
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  const first = toNumber(a);
  const second = toNumber(b);
  return Number.isNaN(first) || Number.isNaN(second) ? null : first - second;
}

function toNumber(value: unknown): number {
  if (value instanceof Instant) return value.milliseconds;
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}
