import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type HttpAnswer, HttpConnection } from './http-connection.ts';
import type { HttpRequest } from './http-request.ts';
import { bodyOfBuffers } from './reply-body.ts';

/** Answers with what was asked, or with as many bytes as a target that is a number says. */
async function echo(request: HttpRequest): Promise<HttpAnswer | null> {
  if (request.target === '/drop') return null;
  if (request.target === '/reject') throw new Error('rejected');
  const size = Number(request.target.slice(1));
  const body =
    size > 0
      ? Buffer.alloc(size, 'x')
      : Buffer.from(JSON.stringify([request.method, request.target, request.body.toString('utf8')]));
  const headers = { 'content-length': String(body.length), 'x-asked': request.headers['x-asked'] ?? '' };
  return { status: 200, headers, body: bodyOfBuffers([body]), breaksOff: false };
}

/** Takes away what Node does not document, as another version of Node may. */
function hideHandle(socket: Socket): void {
  const { _handle } = socket as unknown as { _handle: { useUserBuffer: unknown } };
  expect(typeof _handle.useUserBuffer).toBe('function');
  _handle.useUserBuffer = undefined;
}

describe.each([
  ['that reads by its system handle', () => undefined],
  ['that reads as a stream', hideHandle],
])('an HTTP connection %s', (_way, prepare: (socket: Socket) => void) => {
  let server: Server;
  let port: number;
  const connections = new Set<HttpConnection>();

  beforeEach(async () => {
    server = createServer({ pauseOnConnect: true }, (socket) => {
      prepare(socket);
      const connection = new HttpConnection(socket, echo);
      connections.add(connection);
      connection.onClose(() => connections.delete(connection));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as { port: number }).port;
  });
  afterEach(async () => {
    for (const connection of connections) connection.destroy();
    server.close();
    await once(server, 'close');
  });

  async function open(): Promise<Socket> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return socket;
  }

  /** Everything that comes back until the server closes the connection. */
  async function exchange(parts: readonly (string | Buffer)[]): Promise<string> {
    const socket = await open();
    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    for (const part of parts) await new Promise((resolve) => socket.write(part, resolve));
    await once(socket, 'close');
    return Buffer.concat(received).toString('latin1');
  }

  const bodies = (text: string): string[] => [...text.matchAll(/\["[A-Z]+","[^"]*","[^"]*"\]/g)].map(([body]) => body);
  const last = 'GET /last HTTP/1.1\r\nConnection: close\r\n\r\n';

  test('answers requests that were sent ahead, in their order', async () => {
    const sent = Array.from({ length: 50 }, (_, n) => `POST /r${n} HTTP/1.1\r\nContent-Length: 4\r\n\r\nbo${n + 10}`);
    const text = await exchange([sent.join('') + last]);
    expect(bodies(text)).toEqual([...sent.map((_, n) => `["POST","/r${n}","bo${n + 10}"]`), '["GET","/last",""]']);
  });

  test('puts together what comes byte by byte', async () => {
    const text = `PUT /a?b=c HTTP/1.1\r\nHost: acme\r\nx-asked:  yes \r\nContent-Length: 3\r\n\r\nabc${last}`;
    const answer = await exchange([...text]);
    expect(bodies(answer)).toEqual(['["PUT","/a?b=c","abc"]', '["GET","/last",""]']);
    expect(answer).toContain('x-asked: yes\r\n');
  });

  test.each([1, 65_535, 65_536, 65_537, 3_000_000])(
    'takes a body of %i bytes, and the request behind it',
    async (size) => {
      const body = Buffer.alloc(size, 'abcdefg');
      const head = `POST /big HTTP/1.1\r\nContent-Length: ${size}\r\n\r\n`;
      const together = await exchange([Buffer.concat([Buffer.from(head), body, Buffer.from(last)])]);
      const apart = await exchange([head, body.subarray(0, size >> 1), body.subarray(size >> 1), last]);
      for (const text of [together, apart]) {
        expect(bodies(text)).toEqual([`["POST","/big","${body.toString('latin1')}"]`, '["GET","/last",""]']);
      }
    },
  );

  test('takes large bodies that were sent ahead of small ones', async () => {
    const sizes = [100_000, 3, 70_000, 0, 200_000, 65_536];
    const sent = sizes.map(
      (size, n) => `POST /n${n} HTTP/1.1\r\nContent-Length: ${size}\r\n\r\n${String(n).repeat(size)}`,
    );
    const text = await exchange([sent.join('') + last]);
    expect(bodies(text)).toEqual([
      ...sizes.map((size, n) => `["POST","/n${n}","${String(n).repeat(size)}"]`),
      '["GET","/last",""]',
    ]);
  });

  test('takes a body in chunks with extensions and trailers, cut anywhere', async () => {
    const head = 'POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n';
    const body = `3;note=x\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-Trailer: 1\r\n\r\n`;
    expect(bodies(await exchange([head + body + last]))).toEqual([
      '["POST","/c","abc0123456789"]',
      '["GET","/last",""]',
    ]);
    expect(bodies(await exchange([...(head + body), last]))[0]).toBe('["POST","/c","abc0123456789"]');
    const large = Buffer.alloc(300_000, 'y');
    const text = await exchange([`${head}${large.length.toString(16)}\r\n`, large, '\r\n0\r\n\r\n', last]);
    expect(bodies(text)[0]).toBe(`["POST","/c","${large}"]`);
  });

  test('tells a client that waits to send its body to go on', async () => {
    const headers = { expect: '100-continue', 'content-length': '2' };
    const request = httpRequest({ port, host: '127.0.0.1', method: 'POST', headers });
    request.flushHeaders();
    await once(request, 'continue');
    request.end('ok');
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    response.resume();
    await once(response, 'end');
  });

  test('closes behind the answer to HTTP/1.0 and to Connection: close', async () => {
    expect(await exchange(['GET /x HTTP/1.0\r\n\r\n'])).toContain('connection: close');
    expect(await exchange(['GET /x HTTP/1.1\r\nConnection: Close\r\n\r\n'])).toContain('["GET","/x",""]');
  });

  test('sends no body to HEAD', async () => {
    const text = await exchange(['HEAD /x HTTP/1.1\r\nConnection: close\r\n\r\n']);
    expect(text).toContain('content-length: 16');
    expect(text.endsWith('\r\n\r\n')).toBe(true);
  });

  test.each([
    ['no request line', 'hello\r\n\r\n', 400],
    ['another protocol', 'GET / HTTP/2.0\r\n\r\n', 400],
    ['a header without a colon', 'GET / HTTP/1.1\r\nhost\r\n\r\n', 400],
    ['a continued header line', 'GET / HTTP/1.1\r\na: b\r\n c\r\n\r\n', 400],
    ['no length', 'POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    ['too long a body', 'POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n', 413],
    ['an unknown encoding', 'POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n', 501],
    ['no size of a chunk', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 400],
    ['a chunk longer than announced', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n', 400],
    ['too long a head', `GET / HTTP/1.1\r\na: ${'x'.repeat(70_000)}`, 431],
  ])('refuses %s', async (_name, text, status) => {
    expect(await exchange([text])).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  test.each(['/drop', '/reject'])('drops the connection when there is no answer (%s)', async (target) => {
    expect(await exchange([`GET ${target} HTTP/1.1\r\n\r\n`])).toBe('');
  });

  test('forgets a client that goes away in the middle of a body or of an answer', async () => {
    const first = await open();
    first.write('POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\nabc');
    const second = await open();
    second.write('GET /80000000 HTTP/1.1\r\n\r\n');
    await once(second, 'data');
    for (const socket of [first, second]) socket.destroy();
    while (connections.size > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(bodies(await exchange([last]))).toEqual(['["GET","/last",""]']);
  });
});
