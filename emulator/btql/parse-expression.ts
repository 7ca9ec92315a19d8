import { type Arithmetic, BtqlError, type Comparison, type Expression } from './query.ts';
import type { TokenReader } from './token-reader.ts';

const COMPARISON_SYMBOLS: Readonly<Record<string, Comparison>> = {
  '=': 'eq',
  '==': 'eq',
  '!=': 'ne',
  '<>': 'ne',
  '<': 'lt',
  '<=': 'le',
  '>': 'gt',
  '>=': 'ge',
};
const ADDITIVE: Readonly<Record<string, Arithmetic>> = { '+': 'add', '-': 'sub' };
const MULTIPLICATIVE: Readonly<Record<string, Arithmetic>> = { '*': 'mul', '/': 'div', '%': 'mod' };
const SECOND = 1000;
const UNITS: Readonly<Record<string, number>> = {
  millisecond: 1,
  second: SECOND,
  minute: 60 * SECOND,
  hour: 3600 * SECOND,
  day: 86_400 * SECOND,
  week: 604_800 * SECOND,
};

/** Reads a boolean or value expression; NOT binds tighter than AND, AND tighter than OR. Throws BtqlError. */
export function parseExpression(reader: TokenReader): Expression {
  return parseChain(reader, 'or', () => parseChain(reader, 'and', () => parseNot(reader)));
}

function parseChain(reader: TokenReader, op: 'and' | 'or', parseItem: () => Expression): Expression {
  const first = parseItem();
  if (!reader.isWord(op)) return first;
  const items = [first];
  while (reader.takeWord(op)) items.push(parseItem());
  return { op, items };
}

function parseNot(reader: TokenReader): Expression {
  if (reader.takeWord('not')) return { op: 'not', item: parseNot(reader) };
  return parseComparison(reader);
}

function parseComparison(reader: TokenReader): Expression {
  const left = parseSum(reader);
  const token = reader.peek();
  const comparison = token.kind === 'symbol' ? COMPARISON_SYMBOLS[token.text] : undefined;
  if (comparison !== undefined) {
    reader.next();
    return { op: comparison, left, right: parseSum(reader) };
  }
  if (reader.takeWord('is')) {
    const negated = reader.takeWord('not');
    reader.expectWord('null');
    return negate({ op: 'isnull', item: left }, negated);
  }
  const negated = reader.isWord('not') && reader.takeWord('not');
  if (reader.takeWord('in')) return negate({ op: 'in', left, values: parseList(reader) }, negated);
  if (reader.takeWord('like')) return negate({ op: 'like', left, right: parseSum(reader), ignoreCase: false }, negated);
  if (reader.takeWord('ilike')) return negate({ op: 'like', left, right: parseSum(reader), ignoreCase: true }, negated);
  if (reader.takeWord('includes') || reader.takeWord('contains')) {
    return negate({ op: 'includes', left, right: parseSum(reader) }, negated);
  }
  if (negated && reader.takeWord('between')) return negate(parseBetween(reader, left), true);
  if (negated) throw reader.unexpected('IN, LIKE, INCLUDES or BETWEEN');
  if (reader.takeWord('between')) return parseBetween(reader, left);
  if (reader.isWord('match')) throw new BtqlError('MATCH is not supported by this server; use LIKE');
  return left;
}

function parseBetween(reader: TokenReader, left: Expression): Expression {
  const low = parseSum(reader);
  reader.expectWord('and');
  return {
    op: 'and',
    items: [
      { op: 'ge', left, right: low },
      { op: 'le', left, right: parseSum(reader) },
    ],
  };
}

function negate(item: Expression, negated: boolean): Expression {
  return negated ? { op: 'not', item } : item;
}

function parseList(reader: TokenReader): Expression[] {
  const close = reader.takeSymbol('[') ? ']' : ')';
  if (close === ')') reader.expectSymbol('(');
  const values: Expression[] = [];
  while (!reader.takeSymbol(close)) {
    values.push(parseSum(reader));
    if (!reader.isSymbol(close)) reader.expectSymbol(',');
  }
  return values;
}

function parseSum(reader: TokenReader): Expression {
  return parseArithmetic(reader, ADDITIVE, () => parseArithmetic(reader, MULTIPLICATIVE, () => parsePrimary(reader)));
}

function parseArithmetic(
  reader: TokenReader,
  symbols: Readonly<Record<string, Arithmetic>>,
  parseItem: () => Expression,
): Expression {
  let left = parseItem();
  for (;;) {
    const token = reader.peek();
    const op = token.kind === 'symbol' ? symbols[token.text] : undefined;
    if (op === undefined) return left;
    reader.next();
    left = { op, left, right: parseItem() };
  }
}

function parsePrimary(reader: TokenReader): Expression {
  const token = reader.peek();
  if (token.kind === 'quoted' && reader.isSql) {
    throw new BtqlError(`In SQL put texts in single quotes, not ${JSON.stringify(token.text)}; names need no quotes`);
  }
  if (token.kind === 'string' || token.kind === 'quoted') {
    reader.next();
    return { op: 'literal', value: token.text };
  }
  if (token.kind === 'number') {
    reader.next();
    const isInteger = /^\d+$/.test(token.text);
    return { op: 'literal', value: Number(token.text), ...(isInteger ? { digits: token.text } : {}) };
  }
  if (reader.takeSymbol('-')) return { op: 'sub', left: { op: 'literal', value: 0 }, right: parsePrimary(reader) };
  if (reader.takeSymbol('*')) return { op: 'star' };
  if (reader.takeSymbol('(')) {
    const inner = parseExpression(reader);
    reader.expectSymbol(')');
    return inner;
  }
  if (token.kind === 'word') return parseWord(reader);
  throw reader.unexpected('a value');
}

function parseWord(reader: TokenReader): Expression {
  const word = reader.next().text;
  const lower = word.toLowerCase();
  if (lower === 'true' || lower === 'false') return { op: 'literal', value: lower === 'true' };
  if (lower === 'null') return { op: 'literal', value: null };
  if (lower === 'current_timestamp') return { op: 'call', name: 'now', args: [] };
  if (lower === 'interval') return parseInterval(reader);
  if (reader.takeSymbol('(')) return { op: 'call', name: lower, args: parseArguments(reader) };
  return { op: 'ident', path: [word, ...parsePath(reader)] };
}

function parseArguments(reader: TokenReader): Expression[] {
  const args: Expression[] = [];
  while (!reader.takeSymbol(')')) {
    args.push(parseExpression(reader));
    if (!reader.isSymbol(')')) reader.expectSymbol(',');
  }
  return args;
}

/** `.name`, `."any name"`, `["key"]`, `[0]`, as often as they come. */
function parsePath(reader: TokenReader): string[] {
  const path: string[] = [];
  for (;;) {
    if (reader.takeSymbol('.')) {
      const token = reader.next();
      if (token.kind !== 'word' && token.kind !== 'quoted' && token.kind !== 'string')
        throw reader.unexpected('a name');
      path.push(token.text);
    } else if (
      reader.isSymbol('[') &&
      ['quoted', 'string', 'number'].includes(reader.peek(1).kind) &&
      reader.isSymbol(']', 2)
    ) {
      reader.next();
      path.push(reader.next().text);
      reader.next();
    } else {
      return path;
    }
  }
}

/** `INTERVAL 3 DAY`, `INTERVAL '3 days'`. */
function parseInterval(reader: TokenReader): Expression {
  const token = reader.next();
  const words = token.kind === 'string' ? token.text.trim().split(/\s+/) : [token.text, ''];
  const amount = Number(words[0]);
  const unit = (words[1] || reader.next().text).toLowerCase().replace(/s$/, '');
  const size = UNITS[unit];
  if (!Number.isFinite(amount) || size === undefined) {
    throw new BtqlError(`INTERVAL ${words[0]} ${unit} is not supported; units are ${Object.keys(UNITS).join(', ')}`);
  }
  return { op: 'interval', milliseconds: amount * size };
}
