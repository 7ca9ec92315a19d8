import { columnName, parseExpressionText, readSource } from './parse-query.ts';
import { ARITHMETIC, BtqlError, COMPARISONS, type Column, type Expression, type Query, type SortKey } from './query.ts';

type Node = Readonly<Record<string, unknown>>;

const QUERY_KEYS = new Set([
  'select',
  'dimensions',
  'measures',
  'from',
  'filter',
  'sort',
  'limit',
  'cursor',
  'preview_length',
]);

/** Reads a query given as parsed JSON (fact sheet 5.1, 5.3). Throws BtqlError. */
export function readAst(value: unknown): Query {
  const query = node(value, 'query');
  for (const [key, clause] of Object.entries(query)) {
    if (!QUERY_KEYS.has(key) && clause !== null) throw new BtqlError(`Clause ${key} is not supported by this server`);
  }
  const { limit, cursor } = query;
  if (limit !== undefined && limit !== null && !(Number.isInteger(limit) && Number(limit) >= 0)) {
    throw new BtqlError('limit must be a whole number');
  }
  if (cursor !== undefined && cursor !== null && typeof cursor !== 'string')
    throw new BtqlError('cursor must be a text');
  return {
    select: isAbsent(query.select) ? null : columns(query.select),
    dimensions: isAbsent(query.dimensions) ? [] : columns(query.dimensions),
    measures: isAbsent(query.measures) ? [] : columns(query.measures),
    from: source(query.from),
    filter: isAbsent(query.filter) ? null : expression(query.filter),
    sort: isAbsent(query.sort) ? [] : list(query.sort, 'sort').map(sortKey),
    limit: typeof limit === 'number' ? limit : null,
    cursor: typeof cursor === 'string' ? cursor : null,
  };
}

function source(value: unknown): Query['from'] {
  const from = node(value, 'from');
  if (from.op !== 'function') throw new BtqlError('from must be a function such as dataset(id)');
  const args = list(from.args, 'from.args').map((argument) => {
    const literal = expression(argument);
    if (literal.op !== 'literal' || typeof literal.value !== 'string')
      throw new BtqlError('Arguments of from must be texts');
    return literal.value;
  });
  const name = typeof from.name === 'string' ? from.name : path(node(from.name, 'from.name')).join('.');
  return readSource(name, args, typeof from.shape === 'string' ? from.shape : null);
}

function columns(value: unknown): Column[] {
  return list(value, 'select').map((item) => {
    const column = node(item, 'select');
    const read = expression(column.op === undefined && 'expr' in column ? column.expr : column);
    const alias = typeof column.alias === 'string' ? column.alias : columnName(read, JSON.stringify(column));
    return { expression: read, name: alias };
  });
}

function sortKey(value: unknown): SortKey {
  const key = node(value, 'sort');
  return { expression: expression(key.expr), descending: key.dir === 'desc' };
}

function expression(value: unknown): Expression {
  const tree = node(value, 'expression');
  if (typeof tree.btql === 'string') return parseExpressionText(tree.btql);
  const op = String(tree.op);
  if (COMPARISONS.includes(op) || ARITHMETIC.includes(op)) {
    return { op, left: expression(tree.left), right: expression(tree.right) } as Expression;
  }
  switch (op) {
    case 'literal':
      return { op, value: tree.value ?? null };
    case 'ident':
      return { op, path: path(tree) };
    case 'star':
      return { op };
    case 'function':
      return {
        op: 'call',
        name: path(node(tree.name, 'name')).join('.').toLowerCase(),
        args: list(tree.args, 'args').map(expression),
      };
    case 'in':
      return { op, left: expression(tree.left), values: inValues(tree.right) };
    case 'like':
    case 'ilike':
      return { op: 'like', left: expression(tree.left), right: expression(tree.right), ignoreCase: op === 'ilike' };
    case 'includes':
      return { op, left: expression(tree.haystack ?? tree.left), right: expression(tree.needle ?? tree.right) };
    case 'and':
    case 'or':
      return {
        op,
        items: (isAbsent(tree.children) ? [tree.left, tree.right] : list(tree.children, 'children')).map(expression),
      };
    case 'not':
      return { op, item: expression(tree.expr) };
    case 'isnull':
    case 'isnotnull': {
      const item: Expression = { op: 'isnull', item: expression(tree.expr) };
      return op === 'isnull' ? item : { op: 'not', item };
    }
    case 'interval':
      return parseExpressionText(`INTERVAL ${String(tree.value)} ${String(tree.unit)}`);
    default:
      throw new BtqlError(`Operator ${JSON.stringify(tree.op)} is not supported by this server`);
  }
}

function inValues(value: unknown): Expression[] {
  const right = Array.isArray(value) ? value : node(value, 'in').value;
  if (Array.isArray(value)) return value.map(expression);
  return list(right, 'the right side of in').map((item): Expression => ({ op: 'literal', value: item }));
}

function path(ident: Node): string[] {
  const parts = list(ident.name, 'name');
  if (parts.length === 0 || !parts.every((part) => typeof part === 'string' || typeof part === 'number')) {
    throw new BtqlError('An identifier needs a path of names');
  }
  return parts.map(String);
}

function list(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw new BtqlError(`${what} must be an array`);
  return value;
}

function node(value: unknown, what: string): Node {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new BtqlError(`${what} must be an object`);
  return value as Node;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}
