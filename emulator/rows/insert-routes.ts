import { ApiError } from '../api-error.ts';
import { returnBody } from '../http/body-memory.ts';
import { jsonReply } from '../http/write-reply.ts';
import type { Reply, RequestContext, Route } from '../route.ts';
import type { ContainerRef, ContainerType } from './container-ref.ts';
import { feedbackRows } from './feedback.ts';
import { IdList } from './id-list.ts';
import { idsReply } from './logs3-routes.ts';
import { decodeRaw, encodeRaw, parseRawObject, type RawJson, type RawObject } from './raw-object.ts';
import { resolveContainer } from './resolve-container.ts';
import { answeringRowErrors, checkPayload, checkUtf8 } from './row-error.ts';
import { InvalidRowError } from './row-limits.ts';
import type { RowTransaction } from './row-transaction.ts';
import { scanEnvelope, scanRows } from './scan-envelope.ts';
import { RowScanner } from './scan-row.ts';

const REST_TYPES: readonly ContainerType[] = ['project_logs', 'experiment', 'dataset'];

/** Inserts and feedback of the REST API (fact sheet 4.3, 4.6). */
export const insertRoutes: readonly Route[] = [
  ...REST_TYPES.flatMap((type): Route[] => [
    { method: 'POST', path: `/v1/${type}/:id/insert`, auth: 'key', handle: (context) => insert(context, type) },
    { method: 'POST', path: `/v1/${type}/:id/feedback`, auth: 'key', handle: (context) => feedback(context, type) },
  ]),
  { method: 'POST', path: '/v1/insert', auth: 'key', handle: insertAcross },
];

async function insert(context: RequestContext, type: ContainerType): Promise<Reply> {
  const bytes = await context.bytes();
  checkPayload(bytes, context.world.rows.switches.logs3PayloadMaxBytes);
  checkUtf8(bytes);
  const ref = resolveContainer(context, type, context.params.id ?? '');
  const ids = transact(context, (transaction) => {
    const container = context.world.rows.container(ref);
    const scanner = context.world.rows.scanner();
    const written = new IdList();
    let seen = false;
    const others = scanEnvelope(bytes, 'events', scanner, () => {
      seen = true;
      transaction.write(container, bytes, scanner, written);
    });
    if (!seen && others.has('events')) throw new InvalidRowError('events must be an array of rows');
    return written;
  });
  returnBody(bytes);
  return idsReply('row_ids', ids, null);
}

async function feedback(context: RequestContext, type: ContainerType): Promise<Reply> {
  const ref = resolveContainer(context, type, context.params.id ?? '');
  const body = (await context.json()) as { feedback?: unknown } | null;
  transact(context, (transaction) => writeFeedback(context, transaction, ref, body?.feedback));
  return jsonReply({ status: 'success' });
}

async function insertAcross(context: RequestContext): Promise<Reply> {
  const bytes = await context.bytes();
  checkPayload(bytes, context.world.rows.switches.logs3PayloadMaxBytes);
  checkUtf8(bytes);
  const body = readObject(bytes.toString('latin1').trim());
  const parts = REST_TYPES.flatMap((type) =>
    [...readObject(body.get(type)?.value)].map(([id, { value }]) => ({
      type,
      item: readObject(value),
      ref: resolveContainer(context, type, id),
    })),
  );
  const answer: Record<string, Record<string, { row_ids: unknown[] }>> = {};
  transact(context, (transaction) => {
    for (const { type, item, ref } of parts) {
      const written = writeEvents(context, transaction, ref, item.get('events')?.value ?? '[]');
      const items = item.get('feedback')?.value;
      if (items !== undefined && items !== 'null') writeFeedback(context, transaction, ref, decodeRaw(items));
      answer[type] = { ...answer[type], [ref.id]: { row_ids: JSON.parse(`[${written.bytes.toString('utf8')}]`) } };
    }
  });
  return jsonReply(answer);
}

/** The members of an object, none for null and for what is left out. */
function readObject(text: RawJson | undefined): RawObject {
  if (text === undefined || text === 'null' || text === '') return new Map();
  const object = answeringRowErrors(() => parseRawObject(text));
  if (object === null) throw new ApiError(400, 'Expected {type: {id: {events, feedback}}}', 'json');
  return object;
}

function transact<T>(context: RequestContext, work: (transaction: RowTransaction) => T): T {
  const { world } = context;
  const options = { nextXact: () => world.nextXact(), now: context.now(), delay: world.visibility };
  return answeringRowErrors(() => world.rows.transact(options, work));
}

function writeFeedback(context: RequestContext, transaction: RowTransaction, ref: ContainerRef, items: unknown): void {
  if (!Array.isArray(items)) throw new ApiError(400, 'feedback must be an array', 'json');
  const rows = items.flatMap((item) => feedbackRows(item, ref.type));
  writeEvents(context, transaction, ref, encodeRaw(rows));
}

function writeEvents(context: RequestContext, transaction: RowTransaction, ref: ContainerRef, events: RawJson): IdList {
  const bytes = Buffer.from(events === 'null' ? '[]' : events, 'latin1');
  if (bytes[0] !== 0x5b) throw new InvalidRowError('events must be an array of rows');
  const container = context.world.rows.container(ref);
  const scanner = new RowScanner();
  const written = new IdList();
  scanRows(bytes, 0, scanner, () => transaction.write(container, bytes, scanner, written));
  return written;
}
