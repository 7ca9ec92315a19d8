import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type ApiFixture, apiFixture, withLogin } from '../../test/support/api-fixture.ts';
import {
  type Reply,
  type ScriptedServer,
  type SeenRequest,
  startScriptedServer,
} from '../../test/support/scripted-server.ts';
import type { RunEvent } from '../domain/event.ts';
import type { WriteAnswer, WriteRequest } from '../domain/org.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { HostGates } from './host-gates.ts';
import { openWriter } from './open-org.ts';

const CREATE: WriteRequest = {
  kind: 'prompt',
  method: 'POST',
  path: '/v1/prompt',
  body: { name: 'Triage', slug: 'triage' },
  idempotent: false,
};
const UPDATE: WriteRequest = { ...CREATE, method: 'PATCH', path: '/v1/prompt/7', idempotent: true };
const OK: Reply = { body: { id: '7' } };

let server: ScriptedServer;
let fixture: ApiFixture;
afterEach(() => server.close());

async function write(
  answer: (request: SeenRequest, nr: number) => Reply | Promise<Reply>,
  request: WriteRequest,
  changes: Partial<ConnectionOptions> = {},
): Promise<WriteAnswer> {
  server = await startScriptedServer(withLogin(answer));
  fixture = apiFixture(server.url, { side: 'destination', ...changes });
  const writer = openWriter(fixture.options);
  try {
    return await writer.write(request);
  } finally {
    await writer.close();
  }
}

/** Answers with these in turn, then with success. */
const script =
  (...replies: readonly Reply[]) =>
  (_request: SeenRequest, nr: number): Reply =>
    replies[nr - 1] ?? OK;

const writes = (): SeenRequest[] => server.seen.filter(({ path }) => path.startsWith('/v1/'));
const retries = (): (RunEvent & { type: 'retry_scheduled' })[] =>
  fixture.events.filter((event) => event.type === 'retry_scheduled');
const waits = (): number[] => retries().map(({ wait_ms }) => wait_ms);

describe('a write', () => {
  test('sends JSON with the key, the organization and numbers as they are', async () => {
    const answer = await write(script({ body: '{"id":"7","n":1.0}' }), CREATE);
    expect(answer.object).toMatchObject({ id: '7', n: { literal: '1.0' } });
    expect(answer.foundExisting).toBe(false);
    expect(writes()).toMatchObject([
      {
        method: 'POST',
        body: '{"name":"Triage","slug":"triage"}',
        headers: { 'content-type': 'application/json', 'x-bt-org-name': 'Acme Dev', 'user-agent': 'bt-migrate/test' },
      },
    ]);
  });

  test('tells that the server found an existing object', async () => {
    expect(await write(script({ ...OK, headers: { 'x-bt-found-existing': 'true' } }), CREATE)).toMatchObject({
      foundExisting: true,
    });
  });

  test('may delete with a body and a query, and be answered with nothing', async () => {
    const query = { org_name: 'Acme & Söhne' };
    const answer = await write(script({ status: 204 }), { ...UPDATE, method: 'DELETE', query });
    expect(answer.object).toEqual({});
    expect(writes()[0]).toMatchObject({ method: 'DELETE', body: '{"name":"Triage","slug":"triage"}' });
    expect(writes()[0]?.query.get('org_name')).toBe('Acme & Söhne');
  });

  test('that the server rejects shows the words of the server and no secret', async () => {
    const body = { name: 'OPENAI', secret: 'proj-Zm9vYmFy', metadata: { api_base: 'x', auth_token: 'tok-4242' } };
    const reply: Reply = { status: 400, body: { message: 'Invalid secret proj-Zm9vYmFy with tok-4242 for OPENAI' } };
    await expect(write(script(reply), { ...CREATE, body })).rejects.toMatchObject({
      code: 'BTM_REQUEST_REJECTED',
      serverText: 'Invalid secret [secret] with [secret] for OPENAI',
    });
  });

  test('whose path would reach another route is not sent', async () => {
    const path = '/environment-object/prompt/7/..';
    await expect(write(script(), { ...UPDATE, method: 'DELETE', path })).rejects.toMatchObject({
      code: 'BTM_REQUEST_REJECTED',
    });
    expect(server.seen).toHaveLength(1);
  });
});

describe('a write that may be repeated', () => {
  test.each<[string, Reply]>([
    ['500', { status: 500 }],
    ['502', { status: 502 }],
    ['503', { status: 503 }],
    ['504', { status: 504 }],
    ['a reset', 'reset'],
    ['a cut answer', 'cut'],
  ])('is repeated after %s', async (_name, reply) => {
    expect((await write(script(reply, reply), UPDATE)).object).toMatchObject({ id: '7' });
    expect(writes()).toHaveLength(3);
  });

  test('is repeated after an answer that does not come', async () => {
    const timeouts = { connect: 1000, headers: 150, body: 150 };
    expect((await write(script('silence'), UPDATE, { timeouts })).object).toMatchObject({ id: '7' });
    expect(writes()).toHaveLength(2);
  });

  test('waits twice as long each time, give or take a half, and gives up after five attempts', async () => {
    const fail = write(() => ({ status: 500 }), UPDATE);
    await expect(fail).rejects.toMatchObject({
      code: 'BTM_SERVER_FAILED',
      detail: expect.stringContaining('attempt 5'),
    });
    expect(waits()).toEqual([225, 450, 900, 1800]);
    expect(fixture.clock.naps).toEqual([225, 450, 900, 1800]);
    expect(writes()).toHaveLength(5);
  });
});

describe('a write that must not be repeated', () => {
  test.each<[string, Reply]>([
    ['500', { status: 500 }],
    ['503', { status: 503 }],
    ['a reset', 'reset'],
    ['a cut answer', 'cut'],
    ['an answer that is not JSON', { body: '<html>' }],
    ['a redirect after the effect', { status: 303, headers: { location: 'https://example.com' } }],
  ])('has an unknown outcome after %s', async (_name, reply) => {
    await expect(write(script(reply), CREATE)).rejects.toMatchObject({
      code: 'BTM_OUTCOME_UNKNOWN',
      detail: expect.stringContaining('POST /v1/prompt at the destination'),
    });
    expect(writes()).toHaveLength(1);
  });

  test('is repeated after 429, which did nothing', async () => {
    expect((await write(script({ status: 429 }), CREATE)).object).toMatchObject({ id: '7' });
    expect(writes()).toHaveLength(2);
  });

  test('is repeated when the connection was refused', async () => {
    server = await startScriptedServer(() => OK);
    const url = await freeAddress();
    fixture = apiFixture(url);
    const writer = openWriter(fixture.options);
    await expect(writer.write(CREATE)).rejects.toMatchObject({
      code: 'BTM_UNREACHABLE',
      detail: expect.stringMatching(/ECONNREFUSED.*attempt 5/),
    });
    expect(retries()).toMatchObject(Array.from({ length: 4 }, () => ({ status: null, code: 'BTM_UNREACHABLE' })));
    expect(writer.requestsSent()).toBe(5);
    await writer.close();
  });
});

describe('a rate limit', () => {
  test.each([
    ['1', 1000],
    ['0.25', 250],
    ['0', 0],
    ['Thu, 01 Jan 2026 00:00:20 GMT', 20_000],
  ])('is waited out as long as Retry-After %s says', async (header, ms) => {
    await write(script({ status: 429, headers: { 'retry-after': header } }), CREATE);
    expect(waits()).toEqual([ms]);
  });

  test('that names its wait is waited out twelve times and more', async () => {
    const limited: Reply = { status: 429, headers: { 'retry-after': '1' } };
    await write(script(...Array.from({ length: 12 }, () => limited)), CREATE);
    expect(waits()).toEqual(Array.from({ length: 12 }, () => 1000));
  });

  test('that asks for more than ten minutes ends the request at once', async () => {
    await expect(write(() => ({ status: 429, headers: { 'retry-after': '3600' } }), CREATE)).rejects.toMatchObject({
      code: 'BTM_RATE_LIMITED',
      hint: expect.stringContaining('limits.requests_per_minute'),
    });
    expect(writes()).toHaveLength(1);
  });

  test('holds back every request to the host, of both organizations', async () => {
    const [limitSeen, tellLimit] = signalled();
    const [firstAnswers, tellAnswers] = signalled();
    const [pauseOver, endPause] = signalled();
    let time = 0;
    const clock = { now: () => time, sleep: () => pauseOver };
    server = await startScriptedServer(
      withLogin(async (_request, nr) => {
        if (nr === 1) return { status: 429, headers: { 'retry-after': '2.75' } };
        await limitSeen;
        return OK;
      }),
    );
    fixture = apiFixture(server.url, { clock, gates: new HostGates(32, clock) });
    const report = (event: RunEvent): void => {
      fixture.events.push(event);
      if (event.type === 'retry_scheduled') tellLimit();
      if (fixture.events.filter(({ type }) => type === 'request_finished').length === 12) tellAnswers();
    };
    const writers = (['source', 'destination'] as const).map((side) =>
      openWriter({ ...fixture.options, side, report }),
    );
    await Promise.all(writers.map((writer) => writer.identity()));
    const all = writers.flatMap((writer, side) =>
      Array.from({ length: 20 }, (_, nr) => writer.write({ ...CREATE, path: `/v1/prompt/${side}-${nr}` })),
    );
    // Eight at first and one more for each of the two logins: ten are on their way when the limit is told.
    await firstAnswers;
    await fetch(`${server.url}/probe`);
    expect(writes()).toHaveLength(10);
    time = 2750;
    endPause();
    await Promise.all(all);
    expect(writes()).toHaveLength(41);
    await Promise.all(writers.map((writer) => writer.close()));
  });
});

describe('an interruption', () => {
  test('ends a wait, and sends nothing more', async () => {
    const answer = write(() => {
      fixture.stop.abort();
      return { status: 500 };
    }, UPDATE);
    await expect(answer).rejects.toMatchObject({ code: 'BTM_INTERRUPTED' });
    expect(writes()).toHaveLength(1);
  });

  test('ends a read in flight', async () => {
    server = await startScriptedServer(
      withLogin(() => {
        fixture.stop.abort();
        return 'silence';
      }),
    );
    fixture = apiFixture(server.url);
    const writer = openWriter(fixture.options);
    const list = writer.list({
      kind: 'project',
      path: '/v1/project',
      query: {},
      paging: 'cursor',
      envelope: 'objects',
    });
    await expect(list).rejects.toMatchObject({ code: 'BTM_INTERRUPTED' });
    await writer.close();
  });

  test('lets a write in flight finish, so that its outcome is known', async () => {
    const answer = await write(() => {
      fixture.stop.abort();
      return OK;
    }, CREATE);
    expect(answer.object).toMatchObject({ id: '7' });
  });
});

/** An address of this machine that nobody listens on. */
async function freeAddress(): Promise<string> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

function signalled(): [signal: Promise<void>, give: () => void] {
  let give = (): void => {};
  const signal = new Promise<void>((resolve) => {
    give = resolve;
  });
  return [signal, give];
}
