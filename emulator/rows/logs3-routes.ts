import { randomUUID } from 'node:crypto';
import { ApiError } from '../api-error.ts';
import { returnBody } from '../http/body-memory.ts';
import { bodyOfBuffers } from '../http/reply-body.ts';
import { jsonReply } from '../http/write-reply.ts';
import type { Reply, RequestContext, Route } from '../route.ts';
import { ContainerPicker } from './container-picker.ts';
import { IdList } from './id-list.ts';
import { answeringRowErrors, checkPayload, checkUtf8 } from './row-error.ts';
import { scanEnvelope } from './scan-envelope.ts';

/** The way that SDKs and bt write rows: any container, one transaction a request (fact sheet 4.4, 4.5). */
export const logs3Routes: readonly Route[] = [
  { method: 'GET', path: '/version', auth: 'none', handle: version },
  { method: 'POST', path: '/logs3', auth: 'key', handle: insert },
  { method: 'POST', path: '/logs3/overflow', auth: 'key', handle: announceOverflow },
];

const DATA_PLANE_VERSION = '1.1.32';

function version(context: RequestContext): Reply {
  const limit = context.world.rows.switches.logs3PayloadMaxBytes;
  return jsonReply({ version: DATA_PLANE_VERSION, logs3_payload_max_bytes: limit });
}

async function insert(context: RequestContext): Promise<Reply> {
  const bytes = await context.bytes();
  checkPayload(bytes, context.world.rows.switches.logs3PayloadMaxBytes);
  const inline = store(context, bytes);
  returnBody(bytes);
  if (inline.reply !== null) return inline.reply;
  const key = overflowKey(context, inline.others.get('rows'));
  const uploaded = context.world.objects.get(key);
  if (uploaded === undefined) throw new ApiError(400, 'The overflow object has not been uploaded', 'json');
  context.world.objects.delete(key);
  const { reply } = store(context, uploaded.bytes);
  returnBody(uploaded.bytes);
  if (reply === null) throw new ApiError(400, 'The overflow object holds no array of rows', 'json');
  return reply;
}

/** Stores the rows of a body; the reply is null when the body has no array of rows. */
function store(context: RequestContext, bytes: Buffer): { reply: Reply | null; others: Map<string, string> } {
  checkUtf8(bytes);
  const { world } = context;
  const options = { nextXact: () => world.nextXact(), now: context.now(), delay: world.visibility };
  return answeringRowErrors(() =>
    world.rows.transact(options, (transaction) => {
      const scanner = world.rows.scanner();
      const picker = new ContainerPicker(context);
      const ids = new IdList();
      const others = scanEnvelope(bytes, 'rows', scanner, () => {
        transaction.write(picker.pick(bytes, scanner), bytes, scanner, ids);
      });
      if (others.has('rows')) return { reply: null, others };
      return { reply: idsReply('ids', ids, transaction.xactText), others };
    }),
  );
}

/** `{"ids":[…],"xact_id":"…"}` or `{"row_ids":[…]}`. */
export function idsReply(name: string, ids: IdList, xact: string | null): Reply {
  const tail = xact === null ? '' : `,"xact_id":"${xact}"`;
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: bodyOfBuffers([Buffer.from(`{"${name}":[`), ids.bytes, Buffer.from(`]${tail}}`)]),
  };
}

function overflowKey(context: RequestContext, rows: string | undefined): string {
  const value = rows === undefined ? null : (parse(rows) as { type?: unknown; key?: unknown } | null);
  if (value?.type !== 'logs3_overflow' || typeof value.key !== 'string') {
    throw new ApiError(400, 'rows must be an array of rows or {"type":"logs3_overflow","key":…}', 'json');
  }
  if (!value.key.startsWith(`logs3/${context.org.id}/`)) {
    throw new ApiError(403, 'The overflow object belongs to another organization', 'json');
  }
  return value.key;
}

async function announceOverflow(context: RequestContext): Promise<Reply> {
  const { switches } = context.world.rows;
  if (switches.logs3PayloadMaxBytes === null) throw new ApiError(400, 'Overflow uploads are not available', 'json');
  checkPayload(await context.bytes(), switches.logs3PayloadMaxBytes);
  const body = (await context.json()) as { size_bytes?: unknown; rows?: unknown } | null;
  if (!Array.isArray(body?.rows) || !Number.isSafeInteger(body?.size_bytes)) {
    throw new ApiError(400, 'size_bytes and rows are required', 'json');
  }
  const key = `logs3/${context.org.id}/${randomUUID()}.json`;
  const signedUrl = `${context.origin}${context.world.objects.signedPath(switches.overflowUpload, key)}`;
  if (switches.overflowUpload === 'PUT') {
    return jsonReply({ method: 'PUT', signedUrl, headers: { 'content-type': 'application/json' }, key });
  }
  return jsonReply({ method: 'POST', signedUrl, fields: { key, 'Content-Type': 'application/json' }, key });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
