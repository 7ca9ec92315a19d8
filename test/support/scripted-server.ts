import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/**
 * `reset` closes the connection instead of answering, `cut` in the middle of the answer, `silence` never answers.
 * A body that is neither text nor bytes is sent as JSON.
 */
export type Reply =
  | 'reset'
  | 'cut'
  | 'silence'
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown };

export interface ScriptedServer {
  readonly url: string;
  /** Every request so far, in order of arrival. */
  readonly seen: readonly SeenRequest[];
  close(): Promise<void>;
}

/** A real HTTP server on loopback that answers what the test says. */
export async function startScriptedServer(
  answer: (request: SeenRequest, nr: number) => Reply | Promise<Reply>,
): Promise<ScriptedServer> {
  const seen: SeenRequest[] = [];
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const url = new URL(request.url ?? '/', 'http://localhost');
    const one = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(pieces).toString('utf8'),
    };
    seen.push(one);
    send(response, await answer(one, seen.length));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(response: ServerResponse, reply: Reply): void {
  if (reply === 'silence') return;
  if (reply === 'reset') {
    response.destroy();
    return;
  }
  if (reply === 'cut') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"objects":[', () => response.destroy());
    return;
  }
  const { status = 200, headers = {}, body = '' } = reply;
  const raw = typeof body === 'string' || Buffer.isBuffer(body);
  response.writeHead(status, { ...(raw ? {} : { 'content-type': 'application/json; charset=utf-8' }), ...headers });
  response.end(raw ? body : JSON.stringify(body));
}
