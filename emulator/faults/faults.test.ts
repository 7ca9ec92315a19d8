import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clientOf, type EmulatorClient } from '../../test/support/emulator-client.ts';
import { type Emulator, startEmulator } from '../start-emulator.ts';
import { drawDelay } from './delay.ts';
import { requestedLimit } from './match-request.ts';
import { seededRandom } from './random.ts';

describe('faults on demand', () => {
  let emulator: Emulator;
  let client: EmulatorClient;

  beforeEach(async () => {
    emulator = await startEmulator();
    client = clientOf(emulator);
  });
  afterEach(async () => {
    await emulator.close();
  });

  const projects = () => client.list('/v1/project');
  const create = (name: string) => client.call('POST', '/v1/project', { name });

  test('a status comes so many times, after so many requests, for the matching route only, and is counted', async () => {
    const [id = ''] = emulator.faults.add({
      match: { method: 'POST', path: '/v1/project' },
      after: 1,
      times: 2,
      action: { type: 'status', status: 429, retryAfter: 0.25 },
    });
    const statuses: number[] = [];
    for (const name of ['a', 'b', 'c', 'd']) statuses.push((await create(name)).status);
    expect(statuses).toEqual([200, 429, 429, 200]);
    expect((await projects()).map(({ name }) => name).sort()).toEqual(['a', 'd']);
    expect(emulator.faults.list()).toMatchObject([{ id, seen: 4, hits: 2 }]);
    expect(emulator.requests.matching('POST').map(({ fault }) => fault)).toEqual([null, id, id, null]);
  });

  test('a status carries the service’s own error, the given JSON, or a page of HTML, and its headers', async () => {
    emulator.faults.add({
      times: 1,
      action: { type: 'status', status: 503, retryAfter: 'Wed, 21 Oct 2026 07:28:00 GMT' },
    });
    const plain = await client.call('GET', '/v1/project');
    expect([plain.status, plain.headers.get('retry-after')]).toEqual([503, 'Wed, 21 Oct 2026 07:28:00 GMT']);
    expect(plain.body).toMatchObject({ Code: 'ServiceUnavailableError', Path: '/v1/project' });
    // fetch tries a 421 once more by itself.
    emulator.faults.add({
      times: 2,
      action: { type: 'status', status: 421, body: { RedirectUrl: 'https://eu.acme.example' } },
    });
    expect((await client.call('GET', '/v1/project')).body).toEqual({ RedirectUrl: 'https://eu.acme.example' });
    emulator.faults.add({ times: 1, action: { type: 'status', status: 502, body: '<html>Bad Gateway</html>' } });
    const page = await client.call('GET', '/v1/project');
    expect([page.headers.get('content-type'), page.text]).toEqual([
      'text/html; charset=utf-8',
      '<html>Bad Gateway</html>',
    ]);
  });

  test('a reset before the effect leaves nothing, a reset after it leaves the object', async () => {
    emulator.faults.add({ match: { bodyIncludes: 'lost before' }, action: { type: 'reset', when: 'before' } });
    emulator.faults.add({ match: { bodyIncludes: 'lost after' }, action: { type: 'reset', when: 'after' } });
    await expect(create('lost before')).rejects.toThrow();
    await expect(create('lost after')).rejects.toThrow();
    expect((await projects()).map(({ name }) => name)).toEqual(['lost after']);
    expect(emulator.requests.matching('POST').map(({ status }) => status)).toEqual([0, 0]);
  });

  test('a truncated body breaks off, garbage is complete and no JSON', async () => {
    await create('some');
    emulator.faults.add({ match: { method: 'GET' }, times: 1, action: { type: 'truncate', bytes: 20 } });
    await expect(client.call('GET', '/v1/project')).rejects.toThrow();
    emulator.faults.add({ match: { method: 'GET' }, times: 1, action: { type: 'garbage' } });
    const answer = await client.call('GET', '/v1/project');
    expect(answer.status).toBe(200);
    expect(() => JSON.parse(answer.text)).toThrow();
    expect(await projects()).toHaveLength(1);
  });

  test('an answer swells by what follows it, and is the same JSON', async () => {
    await create('some');
    emulator.faults.add({ match: { method: 'GET' }, times: 1, action: { type: 'swell', bytes: 3_000_000 } });
    const answer = await client.call('GET', '/v1/project');
    expect([answer.text.length, Number(answer.headers.get('content-length'))]).toEqual(
      Array(2).fill(answer.text.trimEnd().length + 3_000_000),
    );
    expect(answer.body).toMatchObject({ objects: [{ name: 'some' }] });
  });

  test('rules look at the answer, which then took its effect once', async () => {
    await create('calm');
    emulator.faults.add({ match: { answerIncludes: '"name":"poison"' }, action: { type: 'status', status: 500 } });
    expect(await projects()).toHaveLength(1);
    expect((await create('poison')).status).toBe(500);
    expect((await client.call('GET', '/v1/project')).status).toBe(500);
    emulator.faults.clear();
    expect((await projects()).map(({ name }) => name).sort()).toEqual(['calm', 'poison']);
  });

  test('a held request waits before or after its effect until it is released', async () => {
    for (const when of ['before', 'after'] as const) {
      const [id = ''] = emulator.faults.add({ match: { method: 'POST' }, action: { type: 'hold', when } });
      const pending = create(`held ${when}`);
      await emulator.faults.held(id);
      const seen = (await projects()).some(({ name }) => name === `held ${when}`);
      expect(seen).toBe(when === 'after');
      expect(emulator.faults.list()).toMatchObject([{ holding: 1 }]);
      expect(emulator.faults.release(id)).toBe(1);
      expect((await pending).status).toBe(200);
      emulator.faults.clear();
    }
  });

  test('closing lets held requests go', async () => {
    const own = await startEmulator();
    const [id = ''] = own.faults.add({ action: { type: 'hold' } });
    const pending = clientOf(own)
      .call('GET', '/v1/project')
      .then(
        ({ status }) => status,
        () => 'dropped',
      );
    await own.faults.held(id);
    await own.close();
    expect([200, 'dropped']).toContain(await pending);
  });

  test('rules look at the org, at the size of a body and at the limit that is asked for', async () => {
    emulator.faults.add({ match: { org: 'Acme Prod' }, action: { type: 'status', status: 500 } });
    emulator.faults.add({ match: { sizeAbove: 1000 }, action: { type: 'status', status: 413 } });
    emulator.faults.add({ match: { limitAbove: 125 }, action: { type: 'status', status: 504 } });
    expect((await clientOf(emulator, 'Acme Prod').call('GET', '/v1/project')).status).toBe(500);
    expect((await client.call('GET', '/v1/project?limit=125')).status).toBe(200);
    expect((await client.call('GET', '/v1/project?limit=126')).status).toBe(504);
    expect((await create('x'.repeat(2000))).status).toBe(413);
    expect((await create('small')).status).toBe(200);
  });

  test('paths are globs or regular expressions', async () => {
    const [glob = ''] = emulator.faults.add({ match: { path: '/v1/*/fetch' }, times: 0, action: { type: 'garbage' } });
    const [expression = ''] = emulator.faults.add({
      match: { path: '/^\\/v1\\/(project|dataset)$/' },
      times: 0,
      action: { type: 'garbage' },
    });
    for (const path of ['/v1/project', '/v1/dataset', '/v1/dataset/x/fetch', '/v1/role'])
      await client.call('GET', path);
    const seen = new Map(emulator.faults.list().map((state) => [state.id, state.seen]));
    expect([seen.get(glob), seen.get(expression)]).toEqual([1, 2]);
  });

  test('a rate limit refuses with the fraction of a second that is missing, per org, and refills with time', async () => {
    emulator.clock.freeze();
    emulator.rateLimits.set({ list: { requests: 2, perSeconds: 60 } });
    expect((await client.call('GET', '/v1/project')).status).toBe(200);
    expect((await client.call('GET', '/v1/project')).status).toBe(200);
    emulator.clock.advance(14_813);
    const refused = await client.call('GET', '/v1/project');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '15.187']);
    expect(refused.body).toMatchObject({ Code: 'TooManyRequestsError' });
    expect(refused.text).toContain('Rate limit: 2 requests per 60 seconds.');
    expect((await clientOf(emulator, 'Acme Prod').call('GET', '/v1/project')).status).toBe(200);
    emulator.clock.advance(15_187);
    expect((await client.call('GET', '/v1/project')).status).toBe(200);
    expect((await client.call('GET', '/v1/project')).status).toBe(429);
  });

  test('new objects can lag behind in lists while they are there by id', async () => {
    emulator.clock.freeze();
    emulator.setVisibility({ objectLag: 5000 });
    const { id } = await client.object('POST', '/v1/project', { name: 'Late' });
    expect(await projects()).toEqual([]);
    expect((await client.object('GET', `/v1/project/${id}`)).name).toBe('Late');
    emulator.clock.advance(5000);
    expect(await projects()).toHaveLength(1);
  });
});

describe('delays', () => {
  test('the same seed draws the same delays, within their distribution', () => {
    const draw = (seed: number) => {
      const random = seededRandom(seed);
      return Array.from({ length: 2000 }, () => drawDelay({ median: 20, p99: 200 }, random));
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    const sorted = draw(7).sort((a, b) => a - b);
    expect(sorted[1000]).toBeGreaterThan(17);
    expect(sorted[1000]).toBeLessThan(23);
    expect(sorted[1980]).toBeGreaterThan(140);
    expect(sorted[1980]).toBeLessThan(280);
    const spread = Array.from({ length: 500 }, () => drawDelay({ min: 5, max: 9 }, seededRandom(3)));
    expect(Math.min(...spread)).toBeGreaterThanOrEqual(5);
    expect(drawDelay(12, Math.random)).toBe(12);
  });
});

describe('the limit that a request asks for', () => {
  test.each([
    ['limit=500', '', 500],
    ['', '{"limit":250}', 250],
    ['', '{"query":{"op":"x","limit":1000}}', 1000],
    ['', JSON.stringify({ query: "select: *\nfrom: project_logs('x') spans\nlimit: 125" }), 125],
    ['', JSON.stringify({ query: "select: * | from: dataset('x') | limit: 20" }), 20],
    ['', JSON.stringify({ query: "SELECT * FROM dataset('x') LIMIT 75" }), 75],
    ['', '{"query":"select: *"}', 0],
  ])('%s %s asks for %d', (query, body, expected) => {
    expect(requestedLimit(query, Buffer.from(body))).toBe(expected);
  });
});
