import { ApiError } from '../api-error.ts';
import { decodeCursor, encodeCursor } from '../encoding/cursor.ts';
import { parseVersion } from '../encoding/pretty-version.ts';
import { parseXact } from '../encoding/xact.ts';
import { joinBodies, piecedBody } from '../http/reply-body.ts';
import { redirectLarge } from '../objects/redirect-large.ts';
import type { Reply, RequestContext, Route } from '../route.ts';
import type { ContainerType } from './container-ref.ts';
import { resolveContainer } from './resolve-container.ts';
import type { RowContainer } from './row-container.ts';
import { fieldNumber } from './row-field.ts';
import { RowPage } from './row-page.ts';
import { RowScanner } from './scan-row.ts';
import { everything, type RowRange, searchRows } from './search-rows.ts';

const TYPES: readonly ContainerType[] = ['project_logs', 'experiment', 'dataset'];
const ROOT_SPAN_ID = fieldNumber('root_span_id');

/** Fetch, newest rows first (fact sheet 4.7). */
export const fetchRoutes: readonly Route[] = TYPES.flatMap((type): Route[] => [
  { method: 'GET', path: `/v1/${type}/:id/fetch`, auth: 'key', handle: (context) => fetchByQuery(context, type) },
  { method: 'POST', path: `/v1/${type}/:id/fetch`, auth: 'key', handle: (context) => fetchByBody(context, type) },
]);

type Parameters = Readonly<Record<string, unknown>>;

function fetchByQuery(context: RequestContext, type: ContainerType): Reply {
  return fetchRows(context, type, Object.fromEntries(context.query));
}

async function fetchByBody(context: RequestContext, type: ContainerType): Promise<Reply> {
  return fetchRows(context, type, ((await context.json()) ?? {}) as Parameters);
}

function fetchRows(context: RequestContext, type: ContainerType, parameters: Parameters): Reply {
  const ref = resolveContainer(context, type, context.params.id ?? '');
  const container = context.world.rows.find(type, ref.id);
  const page = new RowPage();
  let cursor: string | null = null;
  if (container !== undefined) {
    const slots = newestFirst(container, readRange(context, parameters), readLimit(parameters.limit));
    for (const slot of slots) page.add(container, slot);
    cursor = cursorAfter(container, slots.at(-1));
  }
  const rows = page.commaSeparated();
  const tail = cursor === null ? ']}' : `],"cursor":${JSON.stringify(cursor)}}`;
  return redirectLarge(context, {
    status: 200,
    headers: {
      'content-type': 'application/json',
      'x-bt-brainstore-duration-ms': '1',
      'x-bt-api-duration-ms': '2',
      ...(cursor === null ? {} : { 'x-bt-cursor': cursor }),
    },
    body: joinBodies([piecedBody('{"events":['), rows, piecedBody(tail)]),
  });
}

function cursorAfter(container: RowContainer, slot: number | undefined): string | null {
  const key = slot === undefined ? null : container.keyOf(slot);
  if (key === null || !Number.isFinite(key.keyHigh)) return null;
  return encodeCursor((BigInt(key.keyHigh) << 16n) | BigInt(key.keyLow));
}

function readRange(context: RequestContext, parameters: Parameters): RowRange {
  const range = everything(context.now());
  const version = readXact(parameters.version, 'version');
  const newest = readXact(parameters.max_xact_id, 'max_xact_id');
  const cursor = parameters.cursor ?? null;
  const position = typeof cursor === 'string' ? decodeCursor(cursor) : null;
  if (cursor !== null && position === null) throw new ApiError(400, 'Invalid cursor', 'json');
  return {
    ...range,
    version: version ?? range.version,
    xactMax: newest ?? range.xactMax,
    keyMax: position === null ? null : { high: Number(position >> 16n), low: Number(position & 0xffffn), open: true },
  };
}

function readXact(value: unknown, name: string): number | null {
  if (value === undefined || value === null) return null;
  const xact = parseVersion(String(value)) ?? parseXact(String(value));
  if (xact === null) throw new ApiError(400, `Invalid ${name}: ${String(value)}`, 'json');
  return Number(xact & 0xffff_ffff_ffffn);
}

function readLimit(value: unknown): number {
  if (value === undefined || value === null) return Number.POSITIVE_INFINITY;
  const limit = Number(value);
  if (!Number.isInteger(limit) || limit < 0) throw new ApiError(400, 'limit must be a whole number', 'json');
  return limit;
}

/** The limit counts rows of a dataset and traces elsewhere: a page ends before the first span of one trace too many. */
function newestFirst(container: RowContainer, range: RowRange, limit: number): number[] {
  const isDataset = container.ref.type === 'dataset';
  const traces = new Set<string>();
  const scanner = new RowScanner();
  let isFull = false;
  const accept = (slot: number): boolean => {
    if (isFull) return false;
    const bytes = container.bytesOf(slot);
    scanner.scan(bytes, 0);
    const member = scanner.indexOf(ROOT_SPAN_ID);
    const root = member === -1 ? '' : bytes.toString('latin1', scanner.valueStart[member], scanner.end[member]);
    if (!traces.has(root) && traces.size >= limit) isFull = true;
    else traces.add(root);
    return !isFull;
  };
  const isPlain = isDataset || limit === Number.POSITIVE_INFINITY;
  return searchRows(container, {
    range,
    descending: true,
    limit: isPlain ? limit : Number.POSITIVE_INFINITY,
    accept: isPlain ? null : accept,
    positions: null,
    wholeTies: false,
  });
}
