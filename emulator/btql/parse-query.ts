import { parseExpression } from './parse-expression.ts';
import { BtqlError, type Column, type Expression, type Query, type SortKey, type Source } from './query.ts';
import { TokenReader } from './token-reader.ts';

type Draft = { -readonly [key in keyof Query]: Query[key] };

/** Reads a query text: SQL when it begins with SELECT and no colon, BTQL clauses otherwise (fact sheet 5.1). Throws BtqlError. */
export function parseQuery(text: string): Query {
  if (/^\s*with\b/i.test(text)) throw new BtqlError('WITH is not supported');
  return /^\s*select\b(?!\s*:)/i.test(text)
    ? parseSql(new TokenReader(text, true))
    : parseClauses(new TokenReader(text, false));
}

/** Reads an expression that stands alone. Throws BtqlError. */
export function parseExpressionText(text: string): Expression {
  const reader = new TokenReader(text, false);
  const expression = parseExpression(reader);
  if (!reader.atEnd) throw reader.unexpected('the end of the expression');
  return expression;
}

function emptyQuery(from: Source): Draft {
  return { select: null, dimensions: [], measures: [], from, filter: null, sort: [], limit: null, cursor: null };
}

const NO_SOURCE: Source = { name: '', args: [], shape: 'spans' };

function parseClauses(reader: TokenReader): Query {
  const query = emptyQuery(NO_SOURCE);
  const seen = new Set<string>();
  for (;;) {
    skipSeparators(reader);
    if (reader.atEnd) break;
    const token = reader.next();
    const clause = token.text.toLowerCase();
    if (token.kind !== 'word' || !reader.takeSymbol(':'))
      throw new BtqlError(
        `Expected a clause such as "select:", found ${JSON.stringify(token.text)} at position ${token.start}`,
      );
    if (seen.has(clause)) throw new BtqlError(`Clause ${clause} appears twice`);
    seen.add(clause);
    readClause(reader, query, clause);
    if (!reader.atEnd && !isSeparator(reader) && !startsClause(reader))
      throw reader.unexpected('the end of the clause');
  }
  if (query.from === NO_SOURCE) throw new BtqlError('A query needs a from clause');
  return query;
}

function readClause(reader: TokenReader, query: Draft, clause: string): void {
  switch (clause) {
    case 'select':
      query.select = parseColumns(reader);
      break;
    case 'dimensions':
      query.dimensions = parseColumns(reader);
      break;
    case 'measures':
      query.measures = parseColumns(reader);
      break;
    case 'from':
      query.from = parseSource(reader);
      break;
    case 'filter':
      query.filter = parseExpression(reader);
      break;
    case 'sort':
      query.sort = parseSort(reader);
      break;
    case 'limit':
      query.limit = parseLimit(reader);
      break;
    case 'cursor':
      query.cursor = parseCursor(reader);
      break;
    case 'preview_length':
      reader.takeSymbol('-');
      reader.next();
      break;
    default:
      throw new BtqlError(`Clause ${clause} is not supported by this server`);
  }
}

function isSeparator(reader: TokenReader): boolean {
  return reader.isSymbol('|') || reader.isSymbol(';');
}

/** Clauses may stand on lines of their own; what ends one is the next clause's name and colon. */
function startsClause(reader: TokenReader): boolean {
  return reader.peek().kind === 'word' && reader.isSymbol(':', 1);
}

function skipSeparators(reader: TokenReader): void {
  while (isSeparator(reader)) reader.next();
}

function parseSql(reader: TokenReader): Query {
  reader.expectWord('select');
  if (reader.isWord('distinct')) throw new BtqlError('SELECT DISTINCT is not supported');
  const select = parseColumns(reader);
  reader.expectWord('from');
  const query = emptyQuery(parseSource(reader));
  query.select = select;
  if (reader.takeWord('where')) query.filter = parseExpression(reader);
  if (reader.takeWord('group')) {
    reader.expectWord('by');
    query.dimensions = parseColumns(reader);
  }
  if (reader.isWord('having')) throw new BtqlError('HAVING is not supported');
  if (reader.takeWord('order')) {
    reader.expectWord('by');
    query.sort = parseSort(reader);
  }
  if (reader.takeWord('limit')) query.limit = parseLimit(reader);
  if (reader.takeWord('offset')) query.cursor = parseCursor(reader);
  reader.takeSymbol(';');
  if (!reader.atEnd) throw reader.unexpected('the end of the query (joins, unions and subqueries are not supported)');
  return query;
}

function parseColumns(reader: TokenReader): Column[] {
  const columns: Column[] = [];
  do {
    const first = reader.peek();
    const expression = parseExpression(reader);
    const text = reader.textSince(first);
    columns.push({ expression, name: parseAlias(reader) ?? columnName(expression, text) });
  } while (reader.takeSymbol(','));
  return columns;
}

/** A path is named by its last part, anything else by its text. */
export function columnName(expression: Expression, text: string): string {
  return expression.op === 'ident' ? (expression.path.at(-1) ?? text) : text;
}

function parseAlias(reader: TokenReader): string | null {
  if (!reader.takeWord('as')) return null;
  const token = reader.next();
  if (token.kind !== 'word' && token.kind !== 'quoted' && token.kind !== 'string')
    throw reader.unexpected('a name after AS');
  return token.text;
}

function parseSort(reader: TokenReader): SortKey[] {
  const keys: SortKey[] = [];
  do {
    const expression = parseExpression(reader);
    const descending = reader.takeWord('desc');
    if (!descending) reader.takeWord('asc');
    if (reader.takeWord('nulls')) throw new BtqlError('NULLS FIRST and NULLS LAST are not supported');
    keys.push({ expression, descending });
  } while (reader.takeSymbol(','));
  return keys;
}

function parseLimit(reader: TokenReader): number {
  const token = reader.next();
  if (token.kind !== 'number' || !/^\d+$/.test(token.text))
    throw new BtqlError(`limit must be a whole number, found ${JSON.stringify(token.text)}`);
  return Number(token.text);
}

function parseCursor(reader: TokenReader): string {
  const token = reader.next();
  if (token.kind !== 'string' && token.kind !== 'quoted')
    throw new BtqlError('A cursor must be a quoted text; row numbers as OFFSET are not supported');
  return token.text;
}

function parseSource(reader: TokenReader): Source {
  const token = reader.next();
  if (token.kind !== 'word')
    throw new BtqlError(`Expected a source such as project_logs('id'), found ${JSON.stringify(token.text)}`);
  reader.expectSymbol('(');
  const args: string[] = [];
  let shape: string | null = null;
  while (!reader.takeSymbol(')')) {
    if (reader.isWord('shape') && reader.isSymbol('=>', 1)) {
      reader.next();
      reader.next();
      shape = reader.next().text;
    } else {
      const argument = reader.next();
      if (argument.kind !== 'string' && argument.kind !== 'quoted')
        throw new BtqlError(`Arguments of ${token.text} must be quoted ids or names`);
      args.push(argument.text);
    }
    if (!reader.isSymbol(')')) reader.expectSymbol(',');
  }
  const suffix = reader.peek();
  if (shape === null && suffix.kind === 'word' && ['spans', 'traces', 'summary'].includes(suffix.text.toLowerCase())) {
    shape = reader.next().text;
  }
  return readSource(token.text, args, shape);
}

/** Checks name, arguments and shape of a source. Throws BtqlError. */
export function readSource(name: string, args: readonly string[], shape: string | null): Source {
  if (args.length === 0) throw new BtqlError(`${name} needs at least one id or name`);
  const wanted = (shape ?? 'spans').toLowerCase();
  if (wanted !== 'spans' && wanted !== 'traces' && wanted !== 'summary') {
    throw new BtqlError(`Shape ${wanted} is not known; use spans, traces or summary`);
  }
  return { name: name.toLowerCase(), args, shape: wanted };
}
