import { afterEach, describe, expect, test } from 'vitest';
import { type ApiFixture, apiFixture } from '../../test/support/api-fixture.ts';
import { type Reply, type ScriptedServer, startScriptedServer } from '../../test/support/scripted-server.ts';
import { Connection } from './connection.ts';
import { sendRequest } from './send-request.ts';

const OK: Reply = { body: { id: '7' } };

let server: ScriptedServer;
let fixture: ApiFixture;
afterEach(() => server.close());

describe('a pace that was learned from a 429', () => {
  test('is kept by the routes of its class, and slows down no other', async () => {
    const at: [path: string, ms: number][] = [];
    let queries = 0;
    server = await startScriptedServer(({ path }) => {
      at.push([path, fixture.clock.now()]);
      if (path === '/btql') queries += 1;
      return queries === 2 && path === '/btql' ? { status: 429, headers: { 'retry-after': '3' } } : OK;
    });
    fixture = apiFixture(server.url);
    const connection = new Connection(fixture.options, 'writing');
    const send = (path: string) =>
      sendRequest(connection, { method: 'POST', path, body: '{}', repeatable: true, read: () => undefined });
    await send('/btql');
    await send('/btql');
    const resumedAt = fixture.clock.now();
    for (const path of ['/v1/prompt', '/logs3', '/v1/project', '/logs3/overflow', '/logs3']) await send(path);
    expect(fixture.clock.now()).toBe(resumedAt);
    await send('/btql');
    await send('/btql');
    const times = at.filter(([path]) => path === '/btql').map(([, ms]) => ms - resumedAt);
    expect(times).toEqual([-3000, -3000, 0, 3000, 6000]);
    await connection.close();
  });

  test('waits for what the spec allows for all routes together', async () => {
    server = await startScriptedServer(() => OK);
    fixture = apiFixture(server.url, { requestsPerMinute: 20 });
    const connection = new Connection(fixture.options, 'writing');
    const startedAt = fixture.clock.now();
    for (const path of ['/btql', '/logs3', '/v1/prompt', '/btql']) {
      await sendRequest(connection, { method: 'POST', path, body: '{}', repeatable: true, read: () => undefined });
    }
    expect(fixture.clock.now() - startedAt).toBe(9000);
    await connection.close();
  });
});
