import { afterEach, describe, expect, test } from 'vitest';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../emulator/start-emulator.ts';
import type { Clock } from '../../src/api/clock.ts';
import type { ConnectionOptions } from '../../src/api/connection-options.ts';
import { HostGates } from '../../src/api/host-gates.ts';
import { openReader, openWriter } from '../../src/api/open-org.ts';
import type { ListRequest, OrgWriter, WriteAnswer } from '../../src/domain/org.ts';
import { Secret } from '../../src/domain/secret.ts';
import { apiFixture } from '../support/api-fixture.ts';

const KEY = 'sk-acme-0123456789';
const PROJECTS: ListRequest = {
  kind: 'project',
  path: '/v1/project',
  query: {},
  paging: 'cursor',
  envelope: 'objects',
};

let emulator: Emulator;
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
  await emulator.close();
});

/** Two organizations behind one key, and a clock that the emulator and the adapter share. */
async function start(options: EmulatorOptions = {}): Promise<(org?: string) => ConnectionOptions> {
  const orgs = ['Acme Dev', 'Acme Prod'].map((name) => ({ name, key: KEY }));
  emulator = await startEmulator({ orgs, ...options });
  emulator.clock.freeze();
  const clock: Clock = {
    now: () => emulator.clock.now(),
    sleep: async (ms) => {
      const until = emulator.clock.now() + ms;
      await new Promise((resolve) => setImmediate(resolve));
      if (emulator.clock.now() < until) emulator.clock.set(until);
    },
  };
  const gates = new HostGates(32, clock);
  return (name) => ({
    ...apiFixture(emulator.url, { clock, gates }).options,
    org: {
      url: emulator.url,
      apiKey: new Secret(KEY, 'BT_SOURCE_API_KEY'),
      apiKeyName: 'BT_SOURCE_API_KEY',
      org: name,
    },
  });
}

function writerOf(options: ConnectionOptions): OrgWriter {
  const writer = openWriter(options);
  open.push(writer);
  return writer;
}

function createProject(writer: OrgWriter, name: string): Promise<WriteAnswer> {
  return writer.write({
    kind: 'project',
    method: 'POST',
    path: '/v1/project',
    body: { name, org_name: 'Acme Prod' },
    idempotent: false,
  });
}

async function projectNames(options: ConnectionOptions): Promise<unknown[]> {
  const reader = openReader(options);
  open.push(reader);
  const { orgName } = await reader.identity();
  return (await reader.list({ ...PROJECTS, query: { org_name: orgName } })).objects.map(({ name }) => name);
}

describe('against the emulator, the adapter', () => {
  test('tells the organizations of one key apart', async () => {
    const orgOf = await start();
    await createProject(writerOf(orgOf('Acme Prod')), 'Support bot');
    expect(await projectNames(orgOf('Acme Prod'))).toEqual(['Support bot']);
    expect(await projectNames(orgOf('Acme Dev'))).toEqual([]);
    await expect(openReader(orgOf()).identity()).rejects.toMatchObject({
      code: 'BTM_SPEC_INVALID',
      detail: expect.stringMatching(/"Acme (Dev|Prod)", "Acme (Dev|Prod)"/),
    });
  });

  test('lists everything of a server that caps its pages', async () => {
    const orgOf = await start({ pageCap: 7 });
    const writer = writerOf(orgOf('Acme Prod'));
    const names = Array.from({ length: 60 }, (_, nr) => `Support bot ${nr}`);
    await Promise.all(names.map((name) => createProject(writer, name)));
    expect((await projectNames(orgOf('Acme Prod'))).sort()).toEqual([...names].sort());
  });

  test('hears that a created project was there before', async () => {
    const orgOf = await start();
    const writer = writerOf(orgOf('Acme Prod'));
    const first = await createProject(writer, 'Support bot');
    const second = await createProject(writer, 'Support bot');
    expect([first.foundExisting, second.foundExisting]).toEqual([false, true]);
    expect(second.object.id).toBe(first.object.id);
  });

  test.each([
    ['before', []],
    ['after', ['Support bot']],
  ] as const)('does not repeat a creation whose connection broke %s the effect', async (when, names) => {
    const orgOf = await start();
    emulator.faults.add({ match: { method: 'POST', path: '/v1/project' }, action: { type: 'reset', when }, times: 1 });
    await expect(createProject(writerOf(orgOf('Acme Prod')), 'Support bot')).rejects.toMatchObject({
      code: 'BTM_OUTCOME_UNKNOWN',
    });
    expect(emulator.requests.matching('POST', '/v1/project')).toHaveLength(1);
    expect(await projectNames(orgOf('Acme Prod'))).toEqual(names);
  });

  test.each([
    { type: 'reset', when: 'after' },
    { type: 'truncate', bytes: 20 },
    { type: 'garbage' },
    { type: 'status', status: 503, retryAfter: 1.5 },
  ] as const)('reads a list again after %j', async (action) => {
    const orgOf = await start();
    await createProject(writerOf(orgOf('Acme Prod')), 'Support bot');
    emulator.faults.add({ match: { method: 'GET', path: '/v1/project' }, action, times: 3 });
    expect(await projectNames(orgOf('Acme Prod'))).toEqual(['Support bot']);
  });

  test('writes everything once under a limit of twenty requests a minute', async () => {
    const orgOf = await start();
    emulator.rateLimits.set({ write: { requests: 20, perSeconds: 60 } });
    const writer = writerOf(orgOf('Acme Prod'));
    const startedAt = emulator.clock.now();
    const names = Array.from({ length: 50 }, (_, nr) => `Support bot ${nr}`);
    const answers = await Promise.all(names.map((name) => createProject(writer, name)));
    expect(answers.some(({ foundExisting }) => foundExisting)).toBe(false);
    expect((await projectNames(orgOf('Acme Prod'))).sort()).toEqual([...names].sort());
    // Thirty of them had to wait three seconds each; the adapter adds little to what the limit costs.
    const seconds = (emulator.clock.now() - startedAt) / 1000;
    expect(seconds).toBeGreaterThanOrEqual(90);
    expect(seconds).toBeLessThan(120);
  });

  test('says what a key may not see in the words of the server, without an e-mail address', async () => {
    const orgOf = await start();
    const unknown = '00000000-0000-4000-8000-000000000000';
    const error = await writerOf(orgOf('Acme Prod'))
      .write({
        kind: 'project',
        method: 'PATCH',
        path: `/v1/project/${unknown}`,
        body: { name: 'X' },
        idempotent: true,
      })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'ApiError', objectMissing: true, detail: expect.stringContaining(unknown) });
    expect(String(error)).not.toMatch(/@|user_email|timestamp=/);
  });

  test('names the variable of a key that is not accepted', async () => {
    const orgOf = await start();
    const options = orgOf('Acme Prod');
    const apiKey = new Secret('sk-revoked', 'BT_SOURCE_API_KEY');
    const reader = openReader({ ...options, org: { ...options.org, apiKey } });
    open.push(reader);
    await expect(reader.identity()).rejects.toMatchObject({
      code: 'BTM_CREDENTIALS_REJECTED',
      hint: expect.stringContaining('$BT_SOURCE_API_KEY'),
    });
  });
});
