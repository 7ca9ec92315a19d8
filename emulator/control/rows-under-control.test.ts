import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, EmulatorClient } from '../../test/support/emulator-client.ts';
import { type ForkedServer, forkEmulator } from '../../test/support/forked-server.ts';

const TOKEN = 'control-token';
const SECOND = 1000;

/** What can be done to /btql and /logs3 of an emulator that runs as a process of its own. */
describe('rows of a process under control', () => {
  let server: ForkedServer;
  let dev: EmulatorClient;
  let prod: EmulatorClient;
  let projectId: string;
  let round = 0;

  beforeAll(async () => {
    server = await forkEmulator({
      controlToken: TOKEN,
      orgs: [
        { name: 'Acme Dev', key: 'sk-dev' },
        { name: 'Acme Prod', key: 'sk-prod' },
      ],
    });
    dev = new EmulatorClient(server.url, 'sk-dev');
    prod = new EmulatorClient(server.url, 'sk-prod');
  });
  afterAll(() => server.close());

  beforeEach(async () => {
    await control('clock', { set: '2026-02-03T04:05:06.000Z', freeze: true });
    ({ id: projectId } = await dev.object('POST', '/v1/project', { name: `Support bot ${round++}` }));
  });
  afterEach(async () => {
    for (const path of ['faults', 'limits', 'visibility'])
      await dev.call('DELETE', `/__control/${path}`, undefined, token);
  });

  const token = { 'x-control-token': TOKEN };

  async function control(path: string, body: unknown): Promise<void> {
    expect((await dev.call('POST', `/__control/${path}`, body, token)).status).toBe(200);
  }

  const write = (...ids: string[]): Promise<Answer> =>
    dev.call('POST', '/logs3', { rows: ids.map((id) => ({ id, project_id: projectId, log_id: 'g' })), api_version: 2 });
  const read = (client = dev): Promise<Answer> =>
    client.call('POST', '/btql', {
      query:
        client === dev
          ? `select: id | from: project_logs('${projectId}') | sort: _pagination_key asc`
          : "select: id | from: project_logs('Support bot')",
    });

  async function ids(): Promise<string> {
    const { data } = (await read()).body as { data: { id: string }[] };
    return data.map(({ id }) => id).join(' ');
  }

  test('a token bucket per org refuses queries with the fraction of a second that is missing', async () => {
    await control('limits', { btql: { requests: 20, perSeconds: 60 } });
    for (let n = 0; n < 20; n++) expect((await read()).status).toBe(200);
    const refused = await read();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '3.000']);
    expect((await read(prod)).status).not.toBe(429);
    expect((await write('a')).status).toBe(200);
    await control('clock', { advance: 2750 });
    expect((await read()).headers.get('retry-after')).toBe('0.250');
    await control('clock', { advance: 250 });
    expect((await read()).status).toBe(200);
  });

  test('a token bucket refuses writes too', async () => {
    await control('limits', { write_rows: { requests: 2, perSeconds: 8 } });
    const answers = [await write('a'), await write('b'), await write('c')];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers[2]?.headers.get('retry-after')).toBe('4.000');
    expect(await ids()).toBe('a b');
  });

  test('rows lag behind their write, and some longer than rows with higher keys', async () => {
    await control('visibility', { rowLag: 2 * SECOND, lateRows: [{ idIncludes: 'slow', lag: 30 * SECOND }] });
    await write('a', 'slow', 'b');
    expect(await ids()).toBe('');
    await control('clock', { advance: 2 * SECOND });
    expect(await ids()).toBe('a b');
    await control('clock', { advance: 28 * SECOND });
    expect(await ids()).toBe('a slow b');
  });

  test('a size limit holds for descriptors of overflow uploads too', async () => {
    await control('faults', {
      match: { path: '/logs3/overflow', sizeAbove: 300 },
      action: { type: 'status', status: 413 },
    });
    const descriptor = { object_ids: { project_id: projectId, log_id: 'g' }, input_row: { byte_size: 1 } };
    const announce = (count: number) =>
      dev.call('POST', '/logs3/overflow', { size_bytes: 1, rows: Array.from({ length: count }, () => descriptor) });
    expect((await announce(1)).status).toBe(200);
    expect((await announce(9)).status).toBe(413);
  });

  test('a reset after the effect leaves the rows, one before it does not', async () => {
    await control('faults', [
      { match: { path: '/logs3' }, times: 1, action: { type: 'reset', when: 'before' } },
      { match: { path: '/logs3' }, times: 1, action: { type: 'reset', when: 'after' } },
    ]);
    await expect(write('a')).rejects.toThrow();
    await expect(write('b')).rejects.toThrow();
    expect(await ids()).toBe('b');
  });

  test('a query above a limit times out, and an answer breaks off', async () => {
    await write('a', 'b');
    await control('faults', [
      { match: { path: '/btql', limitAbove: 500 }, action: { type: 'status', status: 504 } },
      { match: { path: '/btql' }, times: 1, action: { type: 'truncate', bytes: 20 } },
    ]);
    const query = (limit: number) => `select: id | from: project_logs('${projectId}') | limit: ${limit}`;
    expect((await dev.call('POST', '/btql', { query: query(501) })).status).toBe(504);
    await expect(dev.call('POST', '/btql', { query: query(500) })).rejects.toThrow();
    expect(await ids()).toBe('a b');
  });

  test('answers are dated by the clock', async () => {
    await control('clock', { set: '2026-05-04T03:02:01.900Z' });
    for (const answer of [await write('a'), await read()]) {
      expect(answer.headers.get('date')).toBe('Mon, 04 May 2026 03:02:01 GMT');
    }
  });
});
