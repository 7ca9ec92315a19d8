import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../emulator/start-emulator.ts';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';

let emulator: Emulator;
let cli: CliFixture;

beforeEach(async () => {
  emulator = await startEmulator({ seed: 'demo' });
  cli = cliFixture();
});
afterEach(async () => {
  cli.remove();
  await emulator.close();
});

function keys(): Record<string, string> {
  const [source, destination] = emulator.orgs;
  return {
    BT_SOURCE_URL: emulator.url,
    BT_DEST_URL: emulator.url,
    BT_SOURCE_API_KEY: source?.key ?? '',
    BT_DEST_API_KEY: destination?.key ?? '',
  };
}

function spec(): string {
  return readFileSync(join(cli.folder, 'migration.yaml'), 'utf8');
}

describe('init', () => {
  test('asks nothing in CI, also at a terminal where somebody would say no', async () => {
    const wrote = await cli.run(['init'], { env: { ...keys(), CI: 'true' }, answer: 'no\n' });
    expect(wrote).toMatchObject({ code: 0, stderr: '' });
    expect(spec()).toContain('version: 1');
  });

  test('writes a spec that plans without edits, names what it found, and holds no key', async () => {
    const wrote = await cli.run(['init'], { env: keys() });
    expect(wrote).toMatchObject({ code: 0, stderr: '' });
    const text = spec();
    for (const { key } of emulator.orgs) expect(text).not.toContain(key);
    expect(text).toMatch(/"Support bot": .*3 prompts, .*[1-9][0-9]* rows/);
    expect(text).toMatch(/#\s+'ai_secret\.[A-Z_]+': "\$\{[A-Z_]+\}"/);
    const planned = await cli.run(['plan', '-o', 'plan.out', '--json'], { env: keys() });
    expect(planned.code).toBe(0);
    expect(JSON.parse(planned.stdout).actions.length).toBeGreaterThan(20);
    // Read only: nothing but a login is posted, and counting is asking.
    const written = emulator.requests.all().filter(({ method, path }) => method !== 'GET' && !/login|btql/.test(path));
    expect(written).toEqual([]);
  });

  test('leaves a file that is there as it is', async () => {
    cli.write('migration.yaml', 'version: 1\n');
    const refused = await cli.run(['init'], { env: keys() });
    expect(refused.code).toBe(7);
    expect(refused.stderr).toContain('migration.yaml is there already');
    expect(spec()).toBe('version: 1\n');
    expect(emulator.requests.all()).toEqual([]);
  });

  test('without a key says which one is missing and writes nothing', async () => {
    const refused = await cli.run(['init', '--json'], { env: { ...keys(), BT_DEST_API_KEY: undefined } });
    expect(refused.code).toBe(6);
    expect(JSON.parse(refused.stdout).error.detail).toContain('BT_DEST_API_KEY');
    expect(existsSync(join(cli.folder, 'migration.yaml'))).toBe(false);
  });

  test('--from-env takes over what braintrust-migrate was told and says what it leaves', async () => {
    const env = {
      ...keys(),
      MIGRATION_RESOURCES: 'prompts,datasets,acls,playgrounds',
      MIGRATION_PROJECTS: 'Support bot',
      MIGRATION_CREATED_AFTER: '2026-01-01',
      MIGRATION_MAX_CONCURRENT_REQUESTS: '20',
      MIGRATION_COPY_ATTACHMENTS: 'false',
      MIGRATION_ACL_AUTO_INVITE_USERS: 'true',
      MIGRATION_EVENTS_FETCH_LIMIT: '500',
      MIGRATION_STATE_DIR: './checkpoints',
    };
    const wrote = await cli.run(['init', '--from-env'], { env });
    expect(wrote).toMatchObject({ code: 0, stderr: '' });
    const text = spec();
    expect(text).toContain('include: ["Support bot"]');
    expect(text).toContain('include: [projects, prompts, datasets, dataset_rows, acls, users]');
    expect(text).toContain('logs: { created_after: "2026-01-01" }');
    expect(text).toContain('parallelism: 20');
    expect(text).toContain('attachments: keep');
    expect(text).toContain('invite: true');
    expect(text).toContain('MIGRATION_RESOURCES: playgrounds: there is no such kind');
    expect(text).toContain('MIGRATION_EVENTS_FETCH_LIMIT: page and batch sizes');
    expect(text).toContain('MIGRATION_STATE_DIR: bt-migrate import-checkpoints');
    expect((await cli.run(['plan'], { env })).code).toBe(0);
  });

  test('--from-env with a date that is none is refused, and nothing is written', async () => {
    const refused = await cli.run(['init', '--from-env'], { env: { ...keys(), MIGRATION_CREATED_AFTER: 'soon' } });
    expect(refused.code).toBe(7);
    expect(refused.stderr).toContain('soon');
    expect(existsSync(join(cli.folder, 'migration.yaml'))).toBe(false);
  });

  test('asks for the organization when a key has several, and takes it as a flag', async () => {
    await emulator.close();
    emulator = await startEmulator({
      orgs: [
        { name: 'Acme Dev', key: 'several-orgs' },
        { name: 'Acme Prod', key: 'one-org' },
        { name: 'Acme Labs', key: 'several-orgs' },
      ],
    });
    const refused = await cli.run(['init'], { env: keys() });
    expect(refused.code).toBe(7);
    expect(refused.stderr).toContain('"Acme Dev", "Acme Labs"');
    expect(refused.stderr).toContain('--source-org');
    const argv = ['init', '--source-org', 'Acme Labs'];
    expect((await cli.run(argv, { env: keys() })).code).toBe(0);
    expect(spec()).toContain('org: "Acme Labs"');
    expect((await cli.run(['plan'], { env: keys() })).code).toBe(0);
    expect(statSync(join(cli.folder, 'migration.yaml')).isFile()).toBe(true);
  });
});
