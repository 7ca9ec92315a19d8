import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf, type EmulatorClient } from '../../test/support/emulator-client.ts';
import { type Emulator, startEmulator } from '../start-emulator.ts';

const TOKEN = 'control-token';

describe('the control interface', () => {
  let emulator: Emulator;
  let client: EmulatorClient;

  beforeAll(async () => {
    emulator = await startEmulator({ controlToken: TOKEN });
    client = clientOf(emulator);
  });
  afterAll(async () => {
    await emulator.close();
  });

  const control = async (method: string, path: string, body?: unknown) =>
    (await client.call(method, `/__control/${path}`, body, { authorization: `Bearer ${TOKEN}` })).body as Record<
      string,
      unknown
    >;

  test('is closed without the token, and not there without a token', async () => {
    expect((await client.call('GET', '/__control/faults')).status).toBe(401);
    expect((await client.call('GET', '/__control/faults', undefined, { 'x-control-token': TOKEN })).status).toBe(200);
    const closed = await startEmulator();
    expect(closed.controlUrl).toBeNull();
    expect(
      (await clientOf(closed).call('GET', '/__control/faults', undefined, { 'x-control-token': TOKEN })).status,
    ).toBe(404);
    await closed.close();
  });

  test('adds, shows, releases and removes fault rules', async () => {
    const { ids } = await control('POST', 'faults', {
      rules: [
        { match: { method: 'POST' }, times: 1, action: { type: 'hold' } },
        { id: 'teapot', match: { path: '/v1/role' }, action: { type: 'status', status: 500 } },
      ],
    });
    const [hold = ''] = ids as string[];
    const pending = client.call('POST', '/v1/project', { name: 'Held' });
    await emulator.faults.held(hold);
    expect((await client.call('GET', '/v1/role')).status).toBe(500);
    expect(await control('GET', 'faults')).toMatchObject({
      faults: [
        { id: hold, seen: 1, hits: 1, holding: 1 },
        { id: 'teapot', seen: 1, hits: 1, holding: 0 },
      ],
    });
    expect(await control('POST', 'faults/release', { id: hold })).toEqual({ released: 1 });
    expect((await pending).status).toBe(200);
    expect(await control('DELETE', 'faults/teapot')).toEqual({ removed: true });
    await control('DELETE', 'faults');
    expect(await control('GET', 'faults')).toEqual({ faults: [] });
  });

  test('refuses a rule without a known action', async () => {
    const answer = await client.call(
      'POST',
      '/__control/faults',
      { action: { type: 'explode' } },
      { 'x-control-token': TOKEN },
    );
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('status, reset, truncate')]);
  });

  test('sets latency, limits and visibility, and takes them back', async () => {
    expect(await control('POST', 'latency', { list: { min: 1, max: 2 }, seed: 5 })).toEqual({
      latency: { list: { min: 1, max: 2 } },
    });
    expect(emulator.latencies.get()).toEqual({ list: { min: 1, max: 2 } });
    expect(await control('POST', 'limits', { btql: { requests: 20, perSeconds: 60 } })).toEqual({
      limits: { btql: { requests: 20, perSeconds: 60 } },
    });
    expect(await control('POST', 'visibility', { pageCap: 2 })).toMatchObject({
      visibility: { pageCap: 2, rowLag: 0 },
    });
    expect(await client.list('/v1/group?limit=10')).toHaveLength(2);
    for (const path of ['latency', 'limits', 'visibility']) await control('DELETE', path);
    expect(await control('GET', 'latency')).toEqual({ latency: {} });
    expect(await control('GET', 'limits')).toEqual({ limits: {} });
    expect(await control('GET', 'visibility')).toMatchObject({ visibility: { pageCap: null } });
  });

  test('shows requests since a number, and not its own', async () => {
    await control('DELETE', 'requests');
    await client.call('GET', '/v1/project');
    const { requests } = (await control('GET', 'requests')) as { requests: { nr: number }[] };
    await client.call('GET', '/v1/dataset');
    const later = await control('GET', `requests?since=${requests[0]?.nr}&path=/v1/`);
    expect(later).toMatchObject({ total: 2, requests: [{ method: 'GET', path: '/v1/dataset', org: 'Acme Dev' }] });
  });

  test('moves the clock', async () => {
    await control('POST', 'clock', { set: '2026-02-03T04:05:06.007Z', freeze: true });
    expect(await control('POST', 'clock', { advance: 1000 })).toMatchObject({ iso: '2026-02-03T04:05:07.007Z' });
    const { created } = await client.object('POST', '/v1/project', { name: 'In February' });
    expect(created).toBe('2026-02-03T04:05:07.007Z');
    await control('POST', 'clock', { resume: true });
    expect((await client.call('POST', '/__control/clock', { set: 'soon' }, { 'x-control-token': TOKEN })).status).toBe(
      400,
    );
  });

  test('dumps and loads the same world', async () => {
    const dump = await control('GET', 'dump');
    await client.object('POST', '/v1/project', { name: 'Too late' });
    expect(await control('POST', 'load', dump)).toEqual({ loaded: true });
    expect((await client.list('/v1/project')).map(({ name }) => name)).not.toContain('Too late');
    expect(await control('GET', 'dump')).toEqual(dump);
    const broken = await client.call('POST', '/__control/load', { format_version: 2 }, { 'x-control-token': TOKEN });
    expect([broken.status, broken.text]).toEqual([400, expect.stringContaining('not a dump')]);
  });
});
