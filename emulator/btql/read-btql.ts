import { ApiError } from '../api-error.ts';
import { parseVersion } from '../encoding/pretty-version.ts';
import type { RequestContext } from '../route.ts';
import { isAggregate } from './aggregate.ts';
import { parseQuery } from './parse-query.ts';
import { BtqlError, type Query } from './query.ts';
import { readAst } from './read-ast.ts';
import { type Resolved, resolveSource } from './resolve-source.ts';
import { type Answer, runQuery } from './run-query.ts';

/** The members of a request that matter here (fact sheet 5.1); the others are hints for the planner of the real service. */
export interface BtqlBody {
  readonly query?: unknown;
  readonly fmt?: unknown;
  readonly cursor?: unknown;
  readonly version?: unknown;
  readonly audit_log?: unknown;
  readonly brainstore_realtime?: unknown;
}

/**
 * Parses and carries out the query of a request.
 * @throws BtqlError, or ApiError 403 for a container that is absent or foreign.
 */
export function readBtql(
  context: RequestContext,
  body: BtqlBody,
): { readonly query: Query; readonly source: Resolved; readonly found: Answer } {
  const query = readQuery(body.query);
  const { btqlMaxLimit, cursorTies } = context.world.switches;
  if (btqlMaxLimit !== null && (query.limit ?? 0) > btqlMaxLimit) {
    throw new BtqlError(`limit ${query.limit} is above the maximum of ${btqlMaxLimit}`);
  }
  const source = resolveSource(context, query.from, body.audit_log === true);
  const found = runQuery(cappedQuery(query, context.world.visibility.rowPageCap), source, {
    now: context.now(),
    version: readVersion(body.version),
    cursor: query.cursor ?? (typeof body.cursor === 'string' ? body.cursor : null),
    wholeTies: cursorTies === 'whole',
  });
  return { query, source, found };
}

function cappedQuery(query: Query, cap: number | null): Query {
  return cap === null || isAggregate(query) ? query : { ...query, limit: Math.min(query.limit ?? cap, cap) };
}

/** Runs query code and turns what is wrong with the query into the answer of the data plane. */
export function answeringBtqlErrors<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof BtqlError) throw new ApiError(400, error.message, 'json');
    throw error;
  }
}

function readQuery(query: unknown): Query {
  if (typeof query === 'string') return parseQuery(query);
  if (query !== null && typeof query === 'object') return readAst(query);
  throw new BtqlError('query must be a text or an object');
}

/** Low 48 bits of the transaction to look back at. */
function readVersion(value: unknown): number {
  if (value === undefined || value === null) return Number.POSITIVE_INFINITY;
  const xact = typeof value === 'string' || typeof value === 'number' ? parseVersion(String(value)) : null;
  if (xact === null) throw new BtqlError(`Invalid version: ${String(value)}`);
  return Number(xact & 0xffff_ffff_ffffn);
}
