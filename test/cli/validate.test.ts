import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../emulator/start-emulator.ts';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';

const KEYS = { BT_SOURCE_API_KEY: 'sk-canary-dev', BT_DEST_API_KEY: 'sk-canary-prod' };

let emulator: Emulator;
let cli: CliFixture;
let env: Record<string, string>;

beforeAll(async () => {
  emulator = await startEmulator({
    orgs: [
      { name: 'Acme Dev', key: KEYS.BT_SOURCE_API_KEY },
      { name: 'Acme Prod', key: KEYS.BT_DEST_API_KEY },
    ],
  });
});
afterAll(() => emulator.close());
beforeEach(() => {
  cli = cliFixture();
  cli.write('migration.yaml', '');
  env = { ...KEYS, BT_SOURCE_URL: emulator.url, BT_DEST_URL: emulator.url };
  emulator.faults.clear();
  emulator.requests.clear();
});
afterEach(() => cli.remove());

test('two organizations that can be read are valid; writing stays unproven', async () => {
  const { code, stdout, stderr } = await cli.run(['validate'], { env });
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^The source is "Acme Dev" \([0-9a-f-]+\) at http:\S+: 20 of 21 kinds can be read\.$/m);
  expect(stdout).toContain('Write access to the destination is not proven; --probe-write');
  expect(emulator.requests.matching('POST').map(({ path }) => path)).toEqual([
    '/api/apikey/login',
    '/api/apikey/login',
  ]);
  // One login and one small list per kind and side.
  expect(emulator.requests.total).toBe(2 + 2 * 20);
});

test('only kinds that planning the selected ones needs are asked for', async () => {
  cli.write('migration.yaml', 'resources: { include: [project_tags] }');
  const { stdout } = await cli.run(['validate', '--json'], { env });
  const document = JSON.parse(stdout);
  expect(document).toMatchObject({
    command: 'validate',
    exit_code: 0,
    source: { org: 'Acme Dev' },
    destination: { org: 'Acme Prod', url: emulator.url },
    write_access: 'unproven',
  });
  expect(document.checks.map(({ side, kind, access }: Record<string, string>) => `${side} ${kind} ${access}`)).toEqual([
    'source project readable',
    'source project_tag readable',
    'destination project readable',
    'destination project_tag readable',
  ]);
});

test('--probe-write creates a scratch project in the destination and deletes it', async () => {
  const { code, stdout } = await cli.run(['validate', '--probe-write'], { env });
  expect(code).toBe(0);
  expect(stdout).toContain('Write access to the destination is proven');
  const writes = emulator.requests
    .all()
    .filter(({ path, method }) => path.startsWith('/v1/project') && method !== 'GET');
  expect(writes.map(({ method, org, status }) => [method, org, status])).toEqual([
    ['POST', 'Acme Prod', 200],
    ['DELETE', 'Acme Prod', 200],
  ]);
});

test('--probe-write cleans up when the answer to its create got lost', async () => {
  emulator.faults.add({
    match: { method: 'POST', path: '/v1/project' },
    times: 1,
    action: { type: 'reset', when: 'after' },
  });
  const { code } = await cli.run(['validate', '--probe-write'], { env });
  expect(code).toBe(0);
  expect(emulator.requests.matching('DELETE').map(({ status }) => status)).toEqual([200]);
});

test('a kind that the key may not read is named, with everything else', async () => {
  emulator.faults.add({
    match: { method: 'GET', path: '/v1/ai_secret', org: 'Acme Prod' },
    action: { type: 'status', status: 403, body: { Message: 'Missing permission \u001b[31mread' } },
  });
  const text = await cli.run(['validate'], { env });
  expect(text.code).toBe(6);
  expect(text.stdout).toContain('"Acme Prod"');
  expect(text.stdout).toMatch(/^ {2}ai_secret: cannot be read; .*Missing permission/m);
  expect(text.stdout + text.stderr).not.toContain('\u001b');
  expect(text.stderr).toContain('(BTM_PERMISSION_DENIED)');
  const json = await cli.run(['validate', '--json'], { env });
  expect(JSON.parse(json.stdout)).toMatchObject({ exit_code: 6, error: { code: 'BTM_PERMISSION_DENIED' } });
});

test('a rejected key and a wrong organization are both told, with the code of the graver', async () => {
  cli.write('migration.yaml', 'destination: { org: Nobody }');
  const { code, stderr } = await cli.run(['validate'], { env: { ...env, BT_SOURCE_API_KEY: 'sk-wrong' } });
  expect(code).toBe(6);
  expect(stderr).toContain('BT_SOURCE_API_KEY');
  expect(stderr).toContain('"Nobody"');
});

test('a server that is not there ends with 8', async () => {
  const { code, stderr } = await cli.run(['validate'], {
    env: { ...KEYS, BT_SOURCE_URL: 'http://127.0.0.1:1', BT_DEST_URL: emulator.url },
  });
  expect(code).toBe(8);
  expect(stderr).toContain('(BTM_UNREACHABLE)');
}, 120_000);

test('two keys of one organization are refused by its id', async () => {
  const twin = await startEmulator({ orgs: [{ name: 'Acme Dev', key: 'sk-one' }] });
  try {
    const both = { BT_SOURCE_API_KEY: 'sk-one', BT_DEST_API_KEY: 'sk-one', BT_SOURCE_URL: twin.url };
    const { code, stderr } = await cli.run(['validate'], {
      env: { ...both, BT_DEST_URL: twin.url.replace('127.0.0.1', 'localhost') },
    });
    expect(code).toBe(7);
    expect(stderr).toContain('Both keys belong to the organization "Acme Dev".');
  } finally {
    await twin.close();
  }
});

test('no key is in any output or file, even with debug logs', async () => {
  const { stdout, stderr } = await cli.run(['validate', '--log-level', 'debug', '--events', 'events.ndjson'], { env });
  expect(stderr).toContain('GET /v1/project 200');
  const files = readdirSync(cli.folder).map((name) => readFileSync(join(cli.folder, name), 'utf8'));
  expect(files.join().length).toBeGreaterThan(1000);
  expect([stdout, stderr, ...files].join()).not.toContain('canary');
});

test('a project that the source does not have is told with its place, before anything is probed', async () => {
  cli.write('migration.yaml', 'projects:\n  exclude: [Scratch]\n');
  const { code, stderr } = await cli.run(['validate', '--probe-write'], { env });
  expect(code).toBe(7);
  expect(stderr).toContain('migration.yaml:2:13: projects.exclude[0] names "Scratch"');
  expect(emulator.requests.matching('POST', '/v1/project')).toEqual([]);
});

test.each([
  ["overrides: [{ at: 'prompt.*.*', set: { slug: one } }]", 'migration.yaml:1:19: The override at prompt.*.* cannot'],
  [
    `secrets: { 'prompt.P.triage': '$\{VALUE}' }`,
    'migration.yaml:1:12: The entry prompt.P.triage under secrets cannot be used: a prompt takes no secret',
  ],
])('%s is refused without asking anybody', async (yaml, why) => {
  cli.write('migration.yaml', yaml);
  const { code, stderr } = await cli.run(['validate', '--offline'], { env });
  expect(code).toBe(7);
  expect(stderr).toContain(why);
  expect(emulator.requests.total).toBe(0);
});
