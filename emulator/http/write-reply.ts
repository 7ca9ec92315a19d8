import type { Reply } from '../route.ts';
import type { HttpAnswer } from './http-connection.ts';

/** What a fault does to an answer on its way out. */
export interface ReplyDamage {
  /** Sends only so many bytes of the announced length, then drops the connection. */
  readonly truncateAfter?: number;
  /** Sends random-looking bytes of the same length with the same headers. */
  readonly garbage?: boolean;
}

/** The bytes of an answer. @param date of its header, milliseconds since 1970 */
export function printReply(reply: Reply, date: number, damage: ReplyDamage = {}): HttpAnswer {
  const chunks = bodyChunks(reply.body);
  const length = bodySize(chunks);
  const hasBody = reply.status !== 204 && reply.status !== 304;
  return {
    status: reply.status,
    headers: {
      ...reply.headers,
      ...(hasBody ? { 'content-length': String(length) } : {}),
      date: new Date(date).toUTCString(),
    },
    body: damagedBody(chunks, length, damage),
    breaksOff: damage.truncateAfter !== undefined,
    ...(reply.release === undefined ? {} : { release: reply.release }),
  };
}

export function bodySize(chunks: readonly Buffer[]): number {
  let size = 0;
  for (const chunk of chunks) size += chunk.length;
  return size;
}

function damagedBody(chunks: readonly Buffer[], length: number, damage: ReplyDamage): readonly Buffer[] {
  if (damage.truncateAfter !== undefined) {
    return [Buffer.concat(chunks).subarray(0, Math.min(damage.truncateAfter, Math.max(0, length - 1)))];
  }
  return damage.garbage === true ? [Buffer.alloc(length, '\u00ff{]<', 'latin1')] : chunks;
}

export function bodyChunks(body: Reply['body']): readonly Buffer[] {
  if (body === undefined) return [];
  if (typeof body === 'string') return [Buffer.from(body, 'utf8')];
  return Buffer.isBuffer(body) ? [body] : body;
}

/** An ordinary JSON answer of the REST API. */
export function jsonReply(value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  };
}

export function textReply(text: string, status = 200): Reply {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: text };
}
