import { firstXactOfSecond } from '../encoding/xact.ts';
import { joinBodies, piecedBody } from '../http/reply-body.ts';
import { redirectLarge } from '../objects/redirect-large.ts';
import type { Reply, RequestContext, Route } from '../route.ts';
import { xactText } from '../rows/row-cells.ts';
import { isAggregate } from './aggregate.ts';
import { answerSchema } from './answer-schema.ts';
import { asyncRoutes } from './async-routes.ts';
import { BtqlError, type Query } from './query.ts';
import { answeringBtqlErrors, type BtqlBody, readBtql } from './read-btql.ts';
import type { Resolved } from './resolve-source.ts';
import { type Answer, printRows } from './run-query.ts';

/** Reading rows by query (fact sheet section 5). */
export const btqlRoutes: readonly Route[] = [
  { method: 'POST', path: '/btql', auth: 'key', handle: answerBtql },
  ...asyncRoutes,
];

async function answerBtql(context: RequestContext): Promise<Reply> {
  const body = (await context.json()) as BtqlBody | null;
  return redirectLarge(
    context,
    answeringBtqlErrors(() => answer(context, body ?? {})),
  );
}

function answer(context: RequestContext, body: BtqlBody): Reply {
  const format = body.fmt ?? 'json';
  if (format !== 'json' && format !== 'jsonl') {
    throw new BtqlError(`fmt ${JSON.stringify(format)} is not supported; use json or jsonl`);
  }
  const { query, source, found } = readBtql(context, body);
  const headers = {
    'content-type': 'application/json',
    'x-bt-brainstore-duration-ms': '1',
    'x-bt-api-duration-ms': '2',
    ...(found.cursor === null ? {} : { 'x-bt-cursor': found.cursor }),
  };
  const rows = printRows(found, format);
  if (format === 'jsonl') return { status: 200, headers, body: rows };
  const tail = `]${otherMembers(context, body, query, source, found)}`;
  return { status: 200, headers, body: joinBodies([piecedBody('{"data":['), rows, piecedBody(tail)]) };
}

function otherMembers(context: RequestContext, body: BtqlBody, query: Query, source: Resolved, found: Answer): string {
  const type = source.type === 'containers' ? (source.refs[0]?.type ?? null) : null;
  const columns = isAggregate(query) ? [...(query.select ?? query.dimensions), ...query.measures] : query.select;
  const members = {
    schema: answerSchema(type, columns),
    ...(found.cursor === null ? {} : { cursor: found.cursor }),
    ...freshness(context, source, body.brainstore_realtime !== false),
    warnings: warnings(query),
  };
  return `,${JSON.stringify(members).slice(1)}`;
}

/** How new the answer is (fact sheet 5.4). With realtime off only what is old enough has been read. */
function freshness(context: RequestContext, source: Resolved, wanted: boolean): Record<string, unknown> {
  const { realtime, freshnessLagMs } = context.world.switches;
  const highest =
    source.type === 'containers' ? Math.max(0, ...source.containers.map((container) => container.lastXact)) : 0;
  const newest = highest === 0 ? null : xactText(highest);
  const horizon = Number(firstXactOfSecond(Math.floor((context.now() - freshnessLagMs) / 1000)) & 0xffff_ffff_ffffn);
  const processed = highest === 0 ? null : xactText(freshnessLagMs > 0 ? Math.min(highest, horizon) : highest);
  const state =
    realtime === 'on' && wanted
      ? { type: 'on', minimum_xact_id: processed, read_bytes: 0, actual_xact_id: newest }
      : { type: 'off' };
  return {
    realtime_state: state,
    freshness_state: { last_processed_xact_id: processed, last_considered_xact_id: newest },
  };
}

const NO_RANGE = {
  code: 'missingSegmentEliminationSpecs',
  message: 'The filter has no range on created, _xact_id or _pagination_key and names no id or root_span_id',
  stage: 'optimizer',
  severity: 'warning',
};

/** The one warning that was recorded: an aggregate that reads everything. */
function warnings(query: Query): unknown[] {
  return isAggregate(query) && query.filter === null ? [NO_RANGE] : [];
}
