import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clientOf, EmulatorClient } from '../test/support/emulator-client.ts';
import { EmulatorStartError, parseOrg, runEmulator } from './run-emulator.ts';
import { startEmulator } from './start-emulator.ts';

describe('an emulator', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'emulator-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('listens on loopback and nowhere else', async () => {
    const emulator = await startEmulator();
    const { port } = new URL(emulator.url);
    expect((await fetch(`${emulator.url}/v1`)).status).toBe(200);
    const outside = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    for (const { address } of outside) await expect(fetch(`http://${address}:${port}/v1`)).rejects.toThrow();
    await emulator.close();
  });

  test('keeps what it acknowledged in its data file, keys, versions and secrets included', async () => {
    const dataFile = join(folder, 'acme.db');
    const first = await startEmulator({ dataFile, seed: 'demo' });
    const before = first.dump();
    await first.close();
    const second = await startEmulator({ dataFile, seed: 'demo' });
    expect(second.dump()).toEqual(before);
    const client = clientOf(second);
    const [answer] = await client.list('/v1/prompt?slug=answer');
    const written = await client.object('PATCH', `/v1/prompt/${answer?.id}`, { description: 'later' });
    expect(BigInt(String(written._xact_id))).toBeGreaterThan(BigInt(String(answer?._xact_id)));
    await second.close();
  });

  test('a dump loaded elsewhere is the same world, and keeps nothing of the old one', async () => {
    const source = await startEmulator({ seed: 'demo' });
    const copy = await startEmulator({ orgs: [{ name: 'Other', key: 'sk-other' }] });
    copy.load(JSON.parse(JSON.stringify(source.dump())));
    expect(copy.dump()).toEqual(source.dump());
    const client = new EmulatorClient(copy.url, source.orgs[0]?.key ?? '');
    expect(await client.list('/v1/project')).toEqual(await clientOf(source).list('/v1/project'));
    expect((await new EmulatorClient(copy.url, 'sk-other').call('GET', '/v1/project')).status).toBe(401);
    await Promise.all([source.close(), copy.close()]);
  });

  test('versions grow even after a dump from a later time', async () => {
    const later = await startEmulator();
    later.clock.advance(86_400_000);
    const prompt = { name: 'Triage', slug: 'triage' };
    const project = await clientOf(later).object('POST', '/v1/project', { name: 'Support bot' });
    const { _xact_id } = await clientOf(later).object('POST', '/v1/prompt', { ...prompt, project_id: project.id });
    const now = await startEmulator();
    now.load(later.dump());
    const next = await clientOf(now).object('PUT', '/v1/prompt', { ...prompt, project_id: project.id });
    expect(BigInt(String(next._xact_id))).toBeGreaterThan(BigInt(String(_xact_id)));
    await Promise.all([later.close(), now.close()]);
  });

  test('starts from a folder of dump files', async () => {
    const source = await startEmulator({ seed: 'demo' });
    const { objects, ...rest } = source.dump();
    writeFileSync(
      join(folder, '1-objects.json'),
      JSON.stringify({ format_version: 1, objects, rows: null, blobs: null }),
    );
    writeFileSync(join(folder, '2-rows.json'), JSON.stringify({ ...rest, objects: {} }));
    const copy = await startEmulator({ seed: folder });
    expect(copy.dump()).toEqual(source.dump());
    await Promise.all([source.close(), copy.close()]);
  });

  test('two orgs with the same key make a key of two orgs', async () => {
    const emulator = await startEmulator({
      orgs: [
        { name: 'Acme Dev', key: 'sk-both' },
        { name: 'Acme Prod', key: 'sk-both' },
      ],
    });
    const client = new EmulatorClient(emulator.url, 'sk-both');
    const login = await client.object('POST', '/api/apikey/login');
    expect(login.org_info).toMatchObject([
      { name: 'Acme Dev', api_url: emulator.url, proxy_url: emulator.url },
      { name: 'Acme Prod', api_url: emulator.url, proxy_url: emulator.url },
    ]);
    await emulator.close();
  });

  test('remembers requests with org, status and sizes', async () => {
    const emulator = await startEmulator();
    const client = clientOf(emulator);
    await client.call('POST', '/v1/project?x=1', { name: 'Support bot' });
    await client.call('GET', '/v1/project', undefined, { authorization: 'Bearer wrong' });
    expect(emulator.requests.all()).toMatchObject([
      {
        method: 'POST',
        path: '/v1/project',
        query: 'x=1',
        org: 'Acme Dev',
        status: 200,
        requestBytes: 22,
        body: '{"name":"Support bot"}',
      },
      { method: 'GET', org: null, status: 401, requestBytes: 0, body: null },
    ]);
    emulator.requests.clear();
    expect(emulator.requests.total).toBe(0);
    await emulator.close();
  });

  test('people have one id in all orgs, or one per org when the switch says so', async () => {
    for (const userIdsGlobal of [true, false]) {
      const emulator = await startEmulator({ switches: { userIdsGlobal } });
      const ids = new Set<unknown>();
      for (const { name } of emulator.orgs) {
        const client = clientOf(emulator, name);
        await client.object('PATCH', '/v1/organization/members', { invite_users: { emails: ['ann@acme.example'] } });
        ids.add((await client.list('/v1/user?email=ann@acme.example'))[0]?.id);
      }
      expect(ids.size).toBe(userIdsGlobal ? 1 : 2);
      await emulator.close();
    }
  });
});

describe('starting for a command', () => {
  test('reads NAME=KEY and says what to write instead of anything else', () => {
    expect(parseOrg('Acme Dev=sk-dev==')).toEqual({ name: 'Acme Dev', key: 'sk-dev==' });
    for (const text of ['Acme Dev', '=sk-dev', 'Acme Dev=']) expect(() => parseOrg(text)).toThrow(EmulatorStartError);
  });

  test('a taken port, a missing seed and a bad data file are explained', async () => {
    const emulator = await startEmulator();
    const base = { port: 0, orgs: [], json: true, signal: AbortSignal.abort(), write: () => undefined };
    const taken = runEmulator({ ...base, port: Number(new URL(emulator.url).port) });
    await expect(taken).rejects.toMatchObject({ code: 'port_taken' });
    await expect(runEmulator({ ...base, seed: '/nowhere' })).rejects.toMatchObject({ code: 'bad_seed' });
    const folder = mkdtempSync(join(tmpdir(), 'emulator-'));
    writeFileSync(join(folder, 'text.db'), 'this is no database, but long enough to be read as one'.repeat(30));
    await expect(runEmulator({ ...base, dataFile: join(folder, 'text.db') })).rejects.toMatchObject({
      code: 'bad_data_file',
    });
    rmSync(folder, { recursive: true, force: true });
    await emulator.close();
  });
});
