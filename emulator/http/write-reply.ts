import type { ServerResponse } from 'node:http';
import type { Reply } from '../route.ts';

/** What a fault does to an answer on its way out. */
export interface ReplyDamage {
  /** Sends only so many bytes of the announced length, then drops the connection. */
  readonly truncateAfter?: number;
  /** Sends random-looking bytes of the same length with the same headers. */
  readonly garbage?: boolean;
}

/** Writes status, headers and body; chunks go out as they are. Returns the number of body bytes. */
export function writeReply(response: ServerResponse, reply: Reply, damage: ReplyDamage = {}): number {
  const { release } = reply;
  if (release !== undefined) response.once('close', release);
  const chunks = bodyChunks(reply.body);
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  response.writeHead(reply.status, { ...reply.headers, 'content-length': String(length) });
  if (damage.truncateAfter !== undefined) {
    const kept = Buffer.concat(chunks).subarray(0, Math.min(damage.truncateAfter, Math.max(0, length - 1)));
    response.write(kept, () => response.destroy());
    if (kept.length === 0) response.flushHeaders();
    return kept.length;
  }
  if (damage.garbage === true) {
    response.end(Buffer.alloc(length, '\u00ff{]<', 'latin1'));
    return length;
  }
  response.cork();
  for (const chunk of chunks) response.write(chunk);
  response.end();
  response.uncork();
  return length;
}

function bodyChunks(body: Reply['body']): readonly Buffer[] {
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
