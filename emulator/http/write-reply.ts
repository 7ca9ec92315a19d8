import type { Reply } from '../route.ts';
import type { HttpAnswer } from './http-connection.ts';
import { bodyOfBuffers, joinBodies, type PiecedBody, piecedBody, wholeBody } from './reply-body.ts';

/** What a fault does to an answer on its way out. */
export interface ReplyDamage {
  /** Sends only so many bytes of the announced length, then drops the connection. */
  readonly truncateAfter?: number;
  /** Sends random-looking bytes of the same length with the same headers. */
  readonly garbage?: boolean;
  /** Sends so many spaces behind the answer. */
  readonly swellBy?: number;
}

/** The bytes of an answer. @param date of its header, milliseconds since 1970 */
export function printReply(reply: Reply, date: number, damage: ReplyDamage = {}): HttpAnswer {
  const own = piecedBody(reply.body);
  const body = damage.swellBy === undefined ? own : joinBodies([own, spaces(damage.swellBy)]);
  const hasBody = reply.status !== 204 && reply.status !== 304;
  return {
    status: reply.status,
    headers: {
      ...reply.headers,
      ...(hasBody ? { 'content-length': String(body.size) } : {}),
      date: new Date(date).toUTCString(),
    },
    body: damagedBody(body, damage),
    breaksOff: damage.truncateAfter !== undefined,
  };
}

function damagedBody(body: PiecedBody, damage: ReplyDamage): PiecedBody {
  if (damage.truncateAfter !== undefined) {
    const kept = Math.min(damage.truncateAfter, Math.max(0, body.size - 1));
    return bodyOfBuffers([wholeBody(body).subarray(0, kept)]);
  }
  return damage.garbage === true ? bodyOfBuffers([Buffer.alloc(body.size, '\u00ff{]<', 'latin1')]) : body;
}

const SPACES = Buffer.alloc(1 << 20, ' ');

/** Memory of one piece, however many there are. */
function spaces(size: number): PiecedBody {
  return {
    size,
    *pieces() {
      for (let left = size; left > 0; left -= SPACES.length) yield SPACES.subarray(0, left);
    },
  };
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
