import { kindOf } from '../domain/address.ts';
import type { JsonObject } from '../domain/json.ts';
import { STREAM_KINDS, type StreamKind } from '../domain/kind.ts';
import {
  type Estimates,
  OPERATIONS,
  type Operation,
  type PlannedAction,
  type StreamEstimate,
  writes,
} from '../domain/plan.ts';
import { deletesRows, type PlannedCopy, type PlannedRowDeletion } from '../domain/stream-plan.ts';

/** Rows of a page that is read (fact sheet 5.3), bytes of a batch that is written where nothing is known of the server. */
const PAGE_ROWS = 1000;
const BATCH_BYTES = 3 * 1024 * 1024;
/** Bytes of a row of which nothing is known. */
const TYPICAL_ROW = 2048;
/** Rows that are deleted at once. */
const DELETED_TOGETHER = 500;
/** Small containers that are read in one query. */
const SHARED = 25;

type Requests = NonNullable<Estimates['requests']>;

/** Requests that reading and writing so many rows takes; `bytes` null when nobody knows. */
export function requestsForRows(rows: number, bytes: number | null): Requests {
  return {
    source: Math.max(1, Math.ceil(rows / PAGE_ROWS)),
    destination: Math.max(1, Math.ceil((bytes ?? rows * TYPICAL_ROW) / BATCH_BYTES)),
  };
}

/** Sums up what apply is expected to do; `lists` are the requests to list again, null when nobody wants estimates. */
export function estimateWork(
  actions: readonly PlannedAction[],
  options: { readonly fanOutRequests: number; readonly lists: Requests | null },
): Estimates {
  const counts = Object.fromEntries(OPERATIONS.map((op) => [op, 0])) as Record<Operation, number>;
  for (const { op } of actions) counts[op] += 1;
  const streams = STREAM_KINDS.flatMap((stream) => estimateStream(stream, actions));
  return {
    actions: counts,
    requests: options.lists === null ? null : estimateRequests(actions, streams, options.lists),
    rows: sum(streams.map(({ rows }) => rows)),
    bytes: sum(streams.map(({ bytes }) => bytes)),
    streams,
    fan_out_requests: options.fanOutRequests,
  };
}

function estimateStream(stream: StreamKind, actions: readonly PlannedAction[]): StreamEstimate[] {
  const copies = actions.flatMap(({ op, address, after }) =>
    op === 'copy' && kindOf(address) === stream && after !== undefined ? [copyOf(after)] : [],
  );
  if (copies.length === 0) return [];
  return [
    {
      stream,
      copies: copies.length,
      rows: sum(copies.map(({ rows }) => rows)),
      bytes: sum(copies.map(({ bytes }) => bytes)),
      requests: copies.some(({ rows }) => rows === null) ? null : sharedRequests(copies),
    },
  ];
}

// Containers whose rows fit one page share queries and batches, 25 at a time.
function sharedRequests(copies: readonly PlannedCopy[]): Requests {
  const small = copies.filter(({ rows }) => (rows ?? 0) <= PAGE_ROWS);
  const groups = Math.ceil(small.length / SHARED);
  const together = requestsForRows(sum(small.map(({ rows }) => rows)) ?? 0, sum(small.map(({ bytes }) => bytes)));
  const large = copies.filter(({ rows }) => (rows ?? 0) > PAGE_ROWS).map(({ requests }) => requests);
  const shared: Requests =
    groups === 0
      ? { source: 0, destination: 0 }
      : { source: Math.max(groups, together.source), destination: Math.max(groups, together.destination) };
  return large.reduce<Requests>(
    (total, one) => ({
      source: total.source + (one?.source ?? 0),
      destination: total.destination + (one?.destination ?? 0),
    }),
    shared,
  );
}

// Apply lists what it writes and what that refers to, and then sends one request per write.
function estimateRequests(
  actions: readonly PlannedAction[],
  streams: readonly StreamEstimate[],
  lists: Requests,
): Requests {
  const objects = actions.filter((action) => writes(action.op) && action.op !== 'copy' && !deletesRows(action)).length;
  const rows = actions.filter(deletesRows).map(({ before }) => (before as PlannedRowDeletion).rows);
  const questions = rows.reduce((total, count) => total + Math.ceil(count / DELETED_TOGETHER), 0);
  return {
    source: lists.source + questions + (sum(streams.map(({ requests }) => requests?.source ?? 0)) ?? 0),
    // Each question is followed by a write.
    destination:
      lists.destination +
      objects +
      2 * questions +
      (sum(streams.map(({ requests }) => requests?.destination ?? 0)) ?? 0),
  };
}

function sum(values: readonly (number | null)[]): number | null {
  return values.reduce<number | null>((total, value) => (total === null || value === null ? null : total + value), 0);
}

/** What a copy says of its rows; only `decideCopies` writes it. */
function copyOf(after: JsonObject): PlannedCopy {
  return after as unknown as PlannedCopy;
}
