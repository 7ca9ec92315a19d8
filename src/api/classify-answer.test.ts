import { afterEach, describe, expect, test } from 'vitest';
import { ACME_KEY, apiFixture, withLogin } from '../../test/support/api-fixture.ts';
import { type Reply, type ScriptedServer, startScriptedServer } from '../../test/support/scripted-server.ts';
import { ApiError } from './api-error.ts';
import { openReader } from './open-org.ts';

let server: ScriptedServer;
afterEach(() => server.close());

async function refusal(reply: Reply) {
  server = await startScriptedServer(withLogin(() => reply));
  const { options, events } = apiFixture(server.url);
  const reader = openReader(options);
  const error: unknown = await reader
    .list({ kind: 'agent', path: '/v1/agent', query: { org_name: 'Acme Dev' }, paging: 'cursor', envelope: 'objects' })
    .catch((thrown: unknown) => thrown);
  await reader.close();
  return { error, events, requests: server.seen.filter(({ path }) => path === '/v1/agent').length };
}

const HTML = {
  headers: { 'content-type': 'text/html' },
  body: '<html><title>Acme gateway</title><h1>Sign in</h1></html>',
};
const TAIL = '[user_email=ann@dev.example] [user_org=Acme Dev] [timestamp=1762959312.341]';

describe('an answer other than success', () => {
  test('401 says which variable held the key', async () => {
    const { error, requests } = await refusal({
      status: 401,
      body: 'Failed to validate Cognito JWT [request_id=iad1::1]',
    });
    expect(error).toMatchObject({
      code: 'BTM_CREDENTIALS_REJECTED',
      hint: expect.stringContaining('$BT_SOURCE_API_KEY'),
    });
    expect(requests).toBe(1);
  });

  test('403 gives the words of the server without the tail, and its request id', async () => {
    const { error, requests } = await refusal({
      status: 403,
      body: {
        Code: 'ForbiddenError',
        Message: `Missing read access to agent id 7, or the agent does not exist ${TAIL}`,
        InternalTraceId: 'trace-1',
      },
      headers: { 'x-bt-internal-trace-id': 'trace-1' },
    });
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      code: 'BTM_PERMISSION_DENIED',
      status: 403,
      method: 'GET',
      path: '/v1/agent',
      requestId: 'trace-1',
      serverText: 'Missing read access to agent id 7, or the agent does not exist',
      objectMissing: true,
      routeMissing: false,
    });
    expect(String(error)).not.toContain('ann@dev.example');
    expect(requests).toBe(1);
  });

  test('400 is a rejected request, with a bounded text that repeats no key and no e-mail', async () => {
    const { error, requests } = await refusal({
      status: 400,
      headers: { 'content-type': 'text/plain' },
      body: `Invalid limit for ${ACME_KEY} of bob@dev.example\u001b[31m ${'x'.repeat(10_000)} [request_id=iad1::42]`,
    });
    expect(error).toMatchObject({
      code: 'BTM_REQUEST_REJECTED',
      status: 400,
      requestId: 'iad1::42',
      objectMissing: false,
    });
    const { detail } = error as ApiError;
    expect(detail).toContain('answered 400: Invalid limit for [secret] of [e-mail] [31m xxx');
    expect(detail.length).toBeLessThan(2400);
    expect(requests).toBe(1);
  });

  test.each([404, 405])('%d means that the deployment has no such route, even as a web page', async (status) => {
    const { error, requests } = await refusal({ ...HTML, status });
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 'BTM_REQUEST_REJECTED', routeMissing: true });
    expect(requests).toBe(1);
  });

  test('421 names the deployment that has the organization, and goes nowhere', async () => {
    const { error, requests } = await refusal({
      status: 421,
      body: { RedirectUrl: 'https://api-eu.braintrust.dev/?token=t0ken' },
    });
    expect(error).toMatchObject({
      code: 'BTM_WRONG_DEPLOYMENT',
      hint: expect.stringContaining('https://api-eu.braintrust.dev;'),
    });
    expect(JSON.stringify(error)).not.toContain('t0ken');
    expect(requests).toBe(1);
  });

  test.each([301, 302, 303, 307, 308])('%d to another place is refused', async (status) => {
    const { error, requests } = await refusal({ status, headers: { location: 'http://other.example/v1/agent?x=1' } });
    expect(error).toMatchObject({
      code: 'BTM_RESPONSE_UNREADABLE',
      detail: expect.stringContaining('a redirect to http://other.example/v1/agent, which is not followed'),
    });
    expect(requests).toBe(1);
  });

  test.each([
    ['403 from a proxy', { ...HTML, status: 403 }],
    ['200 from a proxy', { ...HTML, status: 200 }],
    ['a cut answer', 'cut' as const],
    ['text that is not JSON', { body: 'Hello, World!' }],
    ['JSON of another shape', { body: { rows: [] } }],
    ['bytes that are not UTF-8', { body: Buffer.from('{"objects":[{"id":"\xff"}]}', 'latin1') }],
    ['damaged compression', { body: Buffer.from([0x1f, 0x8b, 1, 2, 3]) }],
  ])('%s is asked for again, then reported', async (name, reply) => {
    const { error, requests } = await refusal(reply);
    expect(error).toMatchObject({ code: name === 'a cut answer' ? 'BTM_UNREACHABLE' : 'BTM_RESPONSE_UNREADABLE' });
    expect((error as Error).message).toContain('attempt 5, the last');
    expect(requests).toBe(5);
  });

  test('a proxy is told from the API by its web page', async () => {
    const { error } = await refusal({ ...HTML, status: 403 });
    expect(error).toMatchObject({
      detail: expect.stringContaining('a web page titled "Acme gateway"'),
      hint: expect.stringContaining('proxy'),
    });
  });

  test.each([
    [408, 'BTM_SERVER_FAILED', 5],
    [500, 'BTM_SERVER_FAILED', 5],
    [502, 'BTM_SERVER_FAILED', 5],
    [503, 'BTM_SERVER_FAILED', 5],
    [504, 'BTM_SERVER_FAILED', 5],
    [429, 'BTM_RATE_LIMITED', 10],
  ])('%d is asked for again, then %s after %d attempts', async (status, code, attempts) => {
    const { error, requests, events } = await refusal({ status, body: 'upstream is busy' });
    expect(error).toMatchObject({ code, status, detail: expect.stringContaining('upstream is busy') });
    expect(requests).toBe(attempts);
    expect(events.filter(({ type }) => type === 'retry_scheduled')).toHaveLength(attempts - 1);
  });

  test('events tell method, path and status, and no query', async () => {
    const { events } = await refusal({ status: 403 });
    expect(events.at(-1)).toMatchObject({
      type: 'request_finished',
      side: 'source',
      method: 'GET',
      path: '/v1/agent',
      status: 403,
      attempt: 1,
    });
    expect(JSON.stringify(events)).not.toContain('org_name');
  });
});
