import { randomUUID } from 'node:crypto';
import { ApiError } from '../api-error.ts';
import { wholeBody } from '../http/reply-body.ts';
import { jsonReply } from '../http/write-reply.ts';
import type { Reply, RequestContext, Route } from '../route.ts';
import { answeringBtqlErrors, type BtqlBody, readBtql } from './read-btql.ts';
import { printRows } from './run-query.ts';

/** Queries whose result is fetched later; here they have always succeeded by then (fact sheet 5.2). */
export const asyncRoutes: readonly Route[] = [
  { method: 'POST', path: '/btql/async', auth: 'key', handle: submit },
  { method: 'GET', path: '/btql/async/:id', auth: 'key', handle: status },
  { method: 'GET', path: '/btql/async/:id/result', auth: 'key', handle: result },
];

const DEFAULT_PAGE = 1000;

async function submit(context: RequestContext): Promise<Reply> {
  const body = (await context.json()) as BtqlBody | null;
  const { found } = answeringBtqlErrors(() => readBtql(context, body ?? {}));
  const bytes = wholeBody(printRows(found, 'jsonl'));
  const id = randomUUID();
  const blob = { bytes, contentType: 'application/json', headers: {} };
  context.world.objects.put(resultKey(context, id), blob, false);
  return jsonReply({ id, status: 'queued' });
}

function status(context: RequestContext): Reply {
  resultLines(context);
  return jsonReply({ id: context.params.id, status: 'succeeded' });
}

function result(context: RequestContext): Reply {
  const lines = resultLines(context);
  const from = Number(context.query.get('cursor') ?? 0);
  const limit = Number(context.query.get('limit') ?? DEFAULT_PAGE);
  if (!Number.isInteger(from) || !Number.isInteger(limit) || limit < 1) {
    throw new ApiError(400, 'Invalid cursor or limit', 'json');
  }
  const to = from + limit;
  const cursor = to < lines.length ? `,"cursor":"${to}"` : '';
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: `{"id":${JSON.stringify(context.params.id)},"status":"succeeded","rows":[${lines.slice(from, to).join(',')}]${cursor}}`,
  };
}

function resultKey(context: RequestContext, id: string): string {
  return `queries/${context.org.id}/${id}`;
}

function resultLines(context: RequestContext): string[] {
  const id = context.params.id ?? '';
  const stored = context.world.objects.get(resultKey(context, id));
  if (stored === undefined) throw new ApiError(400, `Query ${id} does not exist or you do not have access`, 'json');
  return stored.bytes.toString('utf8').split('\n').slice(0, -1);
}
