import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { ACME_KEY, apiFixture, withLogin } from '../../test/support/api-fixture.ts';
import { type ScriptedServer, startScriptedServer } from '../../test/support/scripted-server.ts';
import type { ListRequest } from '../domain/org.ts';
import { type ApiRequest, Connection } from './connection.ts';
import { openReader } from './open-org.ts';
import { sendRequest } from './send-request.ts';

const VIEWS: ListRequest = { kind: 'view', path: '/v1/view', query: {}, paging: 'whole', envelope: 'objects' };

const servers: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(answer: Parameters<typeof startScriptedServer>[0]): Promise<ScriptedServer> {
  const server = await startScriptedServer(answer);
  servers.push(server);
  return server;
}

describe('a connection for reading', () => {
  test.each<Pick<ApiRequest, 'method' | 'path'>>([
    { method: 'POST', path: '/v1/project' },
    { method: 'PATCH', path: '/v1/project/7' },
    { method: 'PUT', path: '/v1/prompt' },
    { method: 'DELETE', path: '/v1/project/7' },
    { method: 'POST', path: '/logs3' },
    { method: 'POST', path: '/btql/' },
    { method: 'POST', path: '/btql/async' },
    { method: 'PATCH', path: '/btql' },
  ])('refuses $method $path before anything is sent', async (request) => {
    const server = await start(() => ({ body: {} }));
    const connection = new Connection(apiFixture(server.url).options, 'reading');
    await expect(sendRequest(connection, { ...request, repeatable: true, read: () => true })).rejects.toMatchObject({
      code: 'BTM_SOURCE_IS_READ_ONLY',
      detail: expect.stringContaining(`${request.method} ${request.path}`),
    });
    expect(server.seen).toHaveLength(0);
    await connection.close();
  });

  test.each<Pick<ApiRequest, 'method' | 'path'>>([
    { method: 'GET', path: '/v1/project' },
    { method: 'POST', path: '/btql' },
    { method: 'POST', path: '/api/apikey/login' },
  ])('lets $method $path through', async (request) => {
    const server = await start(() => ({ body: {} }));
    const connection = new Connection(apiFixture(server.url).options, 'reading');
    expect(await sendRequest(connection, { ...request, repeatable: true, read: () => true })).toBe(true);
    expect(server.seen).toHaveLength(1);
    await connection.close();
  });
});

test('the time of the server is told by its answers, whatever the clock here shows', async () => {
  const server = await start(() => ({ body: {}, headers: { date: 'Tue, 24 Nov 2026 09:00:00 GMT' } }));
  const { options, clock } = apiFixture(server.url);
  const connection = new Connection(options, 'reading');
  expect(connection.serverTime()).toBe(clock.now());
  await sendRequest(connection, { method: 'GET', path: '/version', repeatable: true, read: () => true });
  expect(connection.serverTime()).toBe(Date.parse('2026-11-24T09:00:00Z'));
  await connection.close();
});

test('many reads at once make the process warn of nothing', async () => {
  const warnings: Error[] = [];
  const listen = (warning: Error): void => {
    warnings.push(warning);
  };
  process.on('warning', listen);
  const api = await start(withLogin(() => ({ body: { objects: [] } })));
  const reader = openReader(apiFixture(api.url).options);
  await Promise.all(Array.from({ length: 100 }, () => reader.list(VIEWS)));
  await reader.close();
  process.off('warning', listen);
  expect(warnings).toEqual([]);
});

describe('a large result in an object store', () => {
  const stored = gzipSync('{"objects":[{"id":"v1"}]}');

  test('is fetched without the key, and decompressed although nobody says that it is compressed', async () => {
    const store = await start(() => ({ headers: { 'content-type': 'application/json' }, body: stored }));
    const api = await start(
      withLogin(() => ({ status: 303, headers: { location: `${store.url}/result?signature=1` } })),
    );
    const reader = openReader(apiFixture(api.url).options);
    expect((await reader.list(VIEWS)).objects).toMatchObject([{ id: 'v1' }]);
    expect(store.seen).toMatchObject([{ method: 'GET', path: '/result' }]);
    expect(store.seen[0]?.headers.authorization).toBeUndefined();
    expect(JSON.stringify(store.seen[0]?.headers)).not.toContain(ACME_KEY);
    expect(reader.requestsSent()).toBe(3);
    await reader.close();
  });

  test('is asked for again when its address has expired, and a redirect of the store is not followed', async () => {
    const store = await start((_request, nr) => {
      if (nr === 1) return { status: 403 };
      if (nr === 2) return { status: 302, headers: { location: '/elsewhere' } };
      return { body: stored };
    });
    const api = await start(withLogin(() => ({ status: 303, headers: { location: `${store.url}/result` } })));
    const reader = openReader(apiFixture(api.url).options);
    expect((await reader.list(VIEWS)).objects).toHaveLength(1);
    expect(store.seen.map(({ path }) => path)).toEqual(['/result', '/result', '/result']);
    await reader.close();
  });

  test('keeps the headers of the first answer', async () => {
    const store = await start(() => ({ headers: { 'x-bt-cursor': 'wrong' }, body: '{}' }));
    const api = await start(() => ({ status: 303, headers: { location: store.url, 'x-bt-cursor': 'aRSfz93lAAA' } }));
    const connection = new Connection(apiFixture(api.url).options, 'reading');
    const cursor = await sendRequest(connection, {
      method: 'POST',
      path: '/btql',
      body: '{"query":"select: *"}',
      repeatable: true,
      read: ({ headers }) => headers.get('x-bt-cursor'),
    });
    expect(cursor).toBe('aRSfz93lAAA');
    await connection.close();
  });
});

describe('a proxy', () => {
  async function startProxy() {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end();
    });
    server.on('connect', (request, socket) => {
      asked.push(request.url ?? '');
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { url, asked, close: () => new Promise((resolve) => server.close(resolve)) };
  }

  test('is used for https, and its refusal is known to have changed nothing', async () => {
    const proxy = await startProxy();
    const { options } = apiFixture('https://api.acme.test', { proxy: { url: proxy.url, noProxy: 'other.test' } });
    const connection = new Connection(options, 'writing');
    const write = sendRequest(connection, { method: 'POST', path: '/v1/project', repeatable: false, read: () => true });
    await expect(write).rejects.toMatchObject({
      code: 'BTM_UNREACHABLE',
      detail: expect.stringContaining('407'),
      hint: expect.stringContaining('proxy'),
    });
    expect(new Set(proxy.asked)).toEqual(new Set(['api.acme.test:443']));
    await connection.close();
    await proxy.close();
  });

  test.each(['127.0.0.1', '127.0.0.2'])('is not used for this machine as %s', async (host) => {
    const proxy = await startProxy();
    const api = await start(withLogin(() => ({ body: { objects: [] } })));
    const url = api.url.replace('127.0.0.1', host);
    const reader = openReader(apiFixture(url, { proxy: { url: proxy.url, noProxy: '' } }).options);
    const [outcome] = await Promise.allSettled([reader.list(VIEWS)]);
    // The server listens on one of the two addresses only.
    expect(outcome?.status).toBe(host === '127.0.0.1' ? 'fulfilled' : 'rejected');
    expect(proxy.asked).toEqual([]);
    await reader.close();
    await proxy.close();
  });
});
