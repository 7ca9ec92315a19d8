import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { apiFixture, withLogin } from '../../test/support/api-fixture.ts';
import {
  type Reply,
  type ScriptedServer,
  type SeenRequest,
  startScriptedServer,
} from '../../test/support/scripted-server.ts';
import { stringifyJson } from '../domain/json.ts';
import type { ListAnswer, ListRequest } from '../domain/org.ts';
import { openReader } from './open-org.ts';

const PROJECTS: ListRequest = {
  kind: 'project',
  path: '/v1/project',
  query: { org_name: 'Acme Dev' },
  paging: 'cursor',
  envelope: 'objects',
};

let server: ScriptedServer;
afterEach(() => server.close());

async function list(
  answer: (request: SeenRequest, nr: number) => Reply,
  request: Partial<ListRequest> = {},
): Promise<ListAnswer> {
  server = await startScriptedServer(withLogin(answer));
  const reader = openReader(apiFixture(server.url).options);
  try {
    return await reader.list({ ...PROJECTS, ...request });
  } finally {
    await reader.close();
  }
}

/** Newest first, as the API lists. */
function objects(count: number): { id: string }[] {
  return Array.from({ length: count }, (_, index) => ({ id: `p${count - index}` }));
}

/** A server whose pages are never longer than `cap`. */
function paged(all: readonly { id: string }[], cap: number) {
  return ({ query }: SeenRequest): Reply => {
    const after = query.get('starting_after');
    const start = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1;
    return { body: { objects: all.slice(start, start + Math.min(cap, Number(query.get('limit') ?? Infinity))) } };
  };
}

const ids = (answer: ListAnswer): unknown[] => answer.objects.map(({ id }) => id);
const lists = (): SeenRequest[] => server.seen.filter(({ path }) => path === '/v1/project');

describe('a list with a cursor', () => {
  test.each([
    [0, 1000, 1],
    [5, 1000, 2],
    [1000, 1000, 2],
    [2500, 1000, 4],
    [250, 100, 4],
    [7, 1, 8],
  ])('of %d objects in pages of at most %d is read whole', async (count, cap, requests) => {
    const answer = await list(paged(objects(count), cap));
    expect(ids(answer)).toEqual(objects(count).map(({ id }) => id));
    expect(answer.complete).toBe(true);
    expect(lists()).toHaveLength(requests);
  });

  test('asks for full pages, repeats the query on each, and names the organization', async () => {
    await list(paged(objects(3), 2));
    expect(lists().map(({ query }) => query.toString())).toEqual([
      'org_name=Acme+Dev&limit=1000',
      'org_name=Acme+Dev&limit=1000&starting_after=p2',
      'org_name=Acme+Dev&limit=1000&starting_after=p1',
    ]);
    expect(lists().map(({ headers }) => headers['x-bt-org-name'])).toEqual(['Acme Dev', 'Acme Dev', 'Acme Dev']);
  });

  test('counts an object once that moves to the next page while others are created', async () => {
    const pages = [['p4', 'p3'], ['p3', 'p2'], ['p2', 'p1'], []];
    const answer = await list((_request, nr) => ({ body: { objects: (pages[nr - 1] ?? []).map((id) => ({ id })) } }));
    expect(ids(answer)).toEqual(['p4', 'p3', 'p2', 'p1']);
  });

  test.each([
    [3, true],
    [100, true],
    [999, true],
    [1000, false],
  ])('of %d objects ends at a page that brings nothing new, with complete=%s', async (count, complete) => {
    const answer = await list(() => ({ body: { objects: objects(count) } }));
    expect(ids(answer)).toEqual(objects(count).map(({ id }) => id));
    expect(answer.complete).toBe(complete);
    expect(lists()).toHaveLength(2);
  });

  test('goes on behind a page that brings little new, and ends at the first that brings nothing', async () => {
    const pages = [['p5', 'p4'], ['p5', 'p4', 'p3'], ['p4', 'p2'], ['p3', 'p2'], ['p1']];
    const answer = await list((_request, nr) => ({ body: { objects: (pages[nr - 1] ?? []).map((id) => ({ id })) } }));
    expect(ids(answer)).toEqual(['p5', 'p4', 'p3', 'p2']);
    expect(answer.complete).toBe(true);
    expect(lists()).toHaveLength(4);
  });

  test('is complete when it ends so after several pages, however many objects that were', async () => {
    const all = objects(1000);
    const answer = await list((_request, nr) => ({ body: { objects: nr === 1 ? all.slice(0, 600) : all.slice(600) } }));
    expect(answer).toMatchObject({ complete: true });
    expect(answer.objects).toHaveLength(1000);
  });

  test('stops with an error when an object has no id', async () => {
    await expect(list(() => ({ body: { objects: [{ name: 'Support bot' }] } }))).rejects.toMatchObject({
      code: 'BTM_RESPONSE_UNREADABLE',
    });
  });

  test('may come as a bare array', async () => {
    const answer = await list((_request, nr) => ({ body: nr === 1 ? objects(2) : [] }), { envelope: 'array' });
    expect(ids(answer)).toEqual(['p2', 'p1']);
  });

  test('keeps numbers that JavaScript cannot hold', async () => {
    const text = '{"objects":[{"id":"p1","big":9007199254740993,"one":1.0}]}';
    const answer = await list((_request, nr) => ({ body: nr === 1 ? text : '{"objects":[]}' }));
    expect(stringifyJson(answer.objects[0] ?? null)).toBe('{"id":"p1","big":9007199254740993,"one":1.0}');
  });

  test('is asked for and read compressed', async () => {
    const answer = await list((_request, nr) => ({
      headers: { 'content-encoding': 'gzip' },
      body: gzipSync(JSON.stringify({ objects: nr === 1 ? objects(2) : [] })),
    }));
    expect(ids(answer)).toEqual(['p2', 'p1']);
    expect(lists()[0]?.headers['accept-encoding']).toBe('gzip');
  });
});

describe('a list without paging', () => {
  test('is one request without a limit', async () => {
    const answer = await list(() => ({ body: { objects: objects(1200) } }), { paging: 'whole', query: {} });
    expect(answer.objects).toHaveLength(1200);
    expect(lists().map(({ query }) => query.toString())).toEqual(['']);
  });
});

describe('a list without a documented cursor', () => {
  const request = { paging: 'limit_only' } as const;

  test.each([
    [0, true],
    [7, true],
    [49, true],
    [100, false],
    [1000, false],
  ])('of %d objects has complete=%s when the server ignores the cursor', async (count, complete) => {
    const answer = await list(() => ({ body: { objects: objects(count) } }), request);
    expect(answer).toMatchObject({ complete });
    expect(answer.objects).toHaveLength(count);
  });

  test('is complete when the server knows the cursor all the same', async () => {
    const answer = await list(paged(objects(250), 100), request);
    expect(answer).toMatchObject({ complete: true });
    expect(answer.objects).toHaveLength(250);
  });

  test.each([
    [100, false],
    [7, true],
  ])('of %d objects has complete=%s when the server refuses the cursor', async (count, complete) => {
    const answer = await list(
      (_request, nr) => (nr === 1 ? { body: { objects: objects(count) } } : { status: 400 }),
      request,
    );
    expect(answer).toMatchObject({ complete });
  });

  test('is not taken for complete when its cursor fails for another reason', async () => {
    const reply = (_request: SeenRequest, nr: number): Reply =>
      nr === 1 ? { body: { objects: objects(7) } } : { status: 403 };
    await expect(list(reply, request)).rejects.toMatchObject({ code: 'BTM_PERMISSION_DENIED' });
  });
});
