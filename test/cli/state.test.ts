import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSqliteState } from '../../src/state/open-sqlite-state.ts';
import { type AcmeWorkspace, openAcmeWorkspace } from '../support/acme-workspace.ts';
import type { Shown } from '../support/emulator-client.ts';
import { BUILD_7, NIGHTLY } from '../support/state-fixture.ts';

const TRIAGE = 'prompt."Support bot".triage';
const STATE = 'bt-migrate.state.db';

let acme: AcmeWorkspace;
let project: Shown;
let prompt: Shown;
beforeEach(async () => {
  acme = await openAcmeWorkspace('resources: { include: [projects, prompts] }\n');
  project = await acme.source.object('POST', '/v1/project', { name: 'Support bot' });
  prompt = await acme.source.object('POST', '/v1/prompt', { project_id: project.id, name: 'Triage', slug: 'triage' });
});
afterEach(() => acme.close());

const file = (name: string) => join(acme.cli.folder, name);
const migrate = () => acme.json(['apply', '--auto-approve']);
/** Everything in the folder, to prove that reading changed none of it. */
const folder = () =>
  readdirSync(acme.cli.folder)
    .sort()
    .map((name) => [name, readFileSync(file(name)).toString('base64')]);

describe('state list', () => {
  test('tells address, kind, both ids and origin of every object, and changes no file', async () => {
    await migrate();
    const before = folder();
    const copy = await acme.destination.list('/v1/prompt');
    expect(await acme.json(['state', 'list'])).toEqual({
      format_version: '1.0',
      command: 'state list',
      exit_code: 0,
      summary: '2 of 2 objects',
      items: [
        {
          address: 'project."Support bot"',
          kind: 'project',
          source_id: project.id,
          destination_id: (await acme.destination.list('/v1/project'))[0]?.id,
          origin: 'created',
        },
        { address: TRIAGE, kind: 'prompt', source_id: prompt.id, destination_id: copy[0]?.id, origin: 'created' },
      ],
    });
    expect(folder()).toEqual(before);
  });

  test('as CSV gives old id, new id and the quoted address', async () => {
    await migrate();
    const copy = await acme.destination.list('/v1/prompt');
    const { stdout } = await acme.run(['state', 'list', TRIAGE, '--format', 'csv']);
    expect(stdout).toBe(
      `source_id,destination_id,address\n${prompt.id},${copy[0]?.id},"prompt.""Support bot"".triage"\n`,
    );
  });

  test('as text is one line an object, narrowed by a pattern', async () => {
    await migrate();
    const { stdout } = await acme.run(['state', 'list', 'prompt.*.*']);
    const [head, line, ...rest] = stdout.split('\n');
    expect(head).toMatch(/^ADDRESS +SOURCE ID +DESTINATION ID +ORIGIN$/);
    expect(line).toMatch(new RegExp(`^prompt\\."Support bot"\\.triage  ${prompt.id}  [0-9a-f-]{36}  created$`));
    expect(rest).toEqual(['']);
  });

  test('before the first apply says that nothing is recorded, and creates nothing', async () => {
    const { code, stdout } = await acme.run(['state', 'list']);
    expect([code, stdout]).toEqual([0, `Nothing is recorded: ${file(STATE)} does not exist\n`]);
    expect(await acme.json(['state', 'list'])).toMatchObject({ items: [] });
    expect(readdirSync(acme.cli.folder)).toEqual(['migration.yaml']);
  });

  test('ends with 5 when the spec requires the state and it is missing', async () => {
    acme.cli.write('migration.yaml', 'state: { must_exist: true }\n');
    expect(await acme.run(['state', 'list'])).toMatchObject({ code: 5, stdout: '' });
  });

  test.each([
    ['state list', ''],
    ['state list', 'state: { must_exist: true }\n'],
    ['quarantine list', ''],
  ])('ends with 5 and names the file when it is named and missing: %s', async (command, spec) => {
    acme.cli.write('migration.yaml', spec);
    const named = await acme.run([...command.split(' '), '--state', 'MISSING.db']);
    expect(named).toMatchObject({ code: 5, stdout: '' });
    expect(named.stderr).toContain(`${file('MISSING.db')} does not exist.`);
  });

  test.each(['drift', 'verify', 'import prompt.A.b id', 'plan', 'apply --auto-approve'])(
    'is as missing to %s, which tells that before a missing key',
    async (command) => {
      acme.cli.write('migration.yaml', 'state: { must_exist: true }\n');
      const env = { BT_SOURCE_API_KEY: '' };
      const told = await acme.run([...command.split(' '), '--state', 'MISSING.db'], { env });
      expect(told).toMatchObject({ code: 5, stdout: '' });
      expect(told.stderr).toContain(`${file('MISSING.db')} does not exist.`);
      expect(readdirSync(acme.cli.folder)).toEqual(['migration.yaml']);
    },
  );

  test('needs no spec when the file is named', async () => {
    await migrate();
    expect(await acme.run(['state', 'list', '--state', STATE, '-f', 'none.yaml'])).toMatchObject({ code: 0 });
  });

  test('refuses a pattern that is none, and a file that is none', async () => {
    expect((await acme.run(['state', 'list', 'prompts'])).code).toBe(7);
    acme.cli.write('notes.txt', 'x'.repeat(4096));
    expect((await acme.run(['state', 'list', '--state', 'notes.txt'])).code).toBe(5);
  });
});

describe('state show', () => {
  test('tells both ids and the fingerprint of one address, however it is spelled', async () => {
    await migrate();
    const { items } = (await acme.json(['state', 'show', 'prompt."Support bot"."triage"'])) as { items: Shown[] };
    expect(items).toMatchObject([{ address: TRIAGE, source_id: prompt.id, fingerprint: /^sha256:[0-9a-f]{64}$/ }]);
  });

  test('without an address sums up the state', async () => {
    await migrate();
    const [source, destination] = acme.emulator.orgs;
    expect(await acme.json(['state', 'show'])).toMatchObject({
      path: file(STATE),
      source_org_id: source?.id,
      destination_org_id: destination?.id,
      kinds: [
        { kind: 'project', created: 1, adopted: 0 },
        { kind: 'prompt', created: 1, adopted: 0 },
      ],
    });
  });

  test('ends with 7 for an address it does not know and with 5 without a state', async () => {
    expect((await acme.run(['state', 'show', TRIAGE])).code).toBe(5);
    await migrate();
    expect((await acme.run(['state', 'show', 'prompt."Support bot".refund'])).code).toBe(7);
    expect((await acme.run(['state', 'show', 'triage'])).code).toBe(7);
  });
});

describe('state mv', () => {
  test('lets a record follow another address', async () => {
    await migrate();
    const after = 'prompt."Support bot".first-line';
    const { items } = (await acme.json(['state', 'mv', TRIAGE, after])) as { items: Shown[] };
    expect(items).toMatchObject([{ address: after, source_id: prompt.id }]);
    expect(await acme.json(['state', 'list', after])).toMatchObject({ items });
    expect((await acme.run(['state', 'mv', TRIAGE, after])).code).toBe(7);
  });
});

describe('state rm', () => {
  test('asks, shows what it is about to forget, and forgets it after a yes', async () => {
    await migrate();
    const declined = await acme.run(['state', 'rm', TRIAGE], { answer: 'y\n' });
    expect(declined).toMatchObject({ code: 1, stdout: '' });
    expect(declined.stderr).toContain(`${prompt.id}`);
    expect(await acme.json(['state', 'list'])).toMatchObject({ summary: '2 of 2 objects' });
    expect(await acme.run(['state', 'rm', TRIAGE], { answer: 'yes\n' })).toMatchObject({ code: 0 });
    expect(await acme.json(['state', 'list'])).toMatchObject({ summary: '1 of 1 objects' });
  });

  test('needs --auto-approve where nobody can be asked, and leaves both organizations alone', async () => {
    await migrate();
    const before = folder();
    expect((await acme.run(['state', 'rm', TRIAGE])).code).toBe(7);
    expect((await acme.run(['state', 'rm', TRIAGE, '--no-input'], { answer: 'yes\n' })).code).toBe(7);
    expect(folder()).toEqual(before);
    acme.emulator.requests.clear();
    expect(await acme.json(['state', 'rm', TRIAGE, '--auto-approve'])).toMatchObject({ items: [{ address: TRIAGE }] });
    expect(acme.emulator.requests.all()).toEqual([]);
  });

  test('ends with 7 for what is not there and with 5 without a state, before it asks', async () => {
    expect(await acme.run(['state', 'rm', TRIAGE, '--auto-approve'])).toMatchObject({ code: 5 });
    expect(existsSync(file(STATE))).toBe(false);
    await migrate();
    expect((await acme.run(['state', 'rm', 'prompt.P.x'], { answer: 'yes\n' })).stderr).not.toContain('Only "yes"');
  });
});

describe('state export and import', () => {
  test('carry a state into another file, byte for byte', async () => {
    await migrate();
    const exported = await acme.run(['state', 'export']);
    expect(exported).toMatchObject({ code: 0, stderr: '' });
    expect((await acme.run(['state', 'export', '--json'])).stdout).toBe(exported.stdout);
    expect(await acme.json(['state', 'export', '-o', 'state.json'])).toMatchObject({ file: file('state.json') });
    expect(readFileSync(file('state.json'), 'utf8')).toBe(exported.stdout);
    expect(statSync(file('state.json')).mode & 0o777).toBe(0o600);

    expect(await acme.json(['state', 'import', 'state.json', '--state', 'copy.db'])).toMatchObject({ serial: 2 });
    expect((await acme.run(['state', 'export', '--state', 'copy.db'])).stdout).toBe(exported.stdout);
    const piped = await acme.run(['state', 'import', '--state', 'piped.db'], { input: exported.stdout });
    expect(piped).toMatchObject({ code: 0 });
    expect((await acme.run(['state', 'export', '--state', 'piped.db'])).stdout).toBe(exported.stdout);
    expect((await acme.json(['plan', '--state', 'piped.db'])).actions).toMatchObject([{ op: 'skip' }, { op: 'skip' }]);
  });

  test('refuse to lose a newer state, unless forced', async () => {
    await migrate();
    await acme.run(['state', 'export', '-o', 'state.json']);
    await acme.run(['state', 'rm', TRIAGE, '--auto-approve']);
    const refused = await acme.run(['state', 'import', 'state.json']);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('is newer');
    expect(await acme.json(['state', 'import', 'state.json', '--force'])).toMatchObject({ serial: 2 });
    expect(await acme.json(['state', 'list'])).toMatchObject({ summary: '2 of 2 objects' });
  });

  test('refuse what is no export, what is not there, and to export nothing', async () => {
    acme.cli.write('edited.json', '{"format_version":"1.0"}');
    expect((await acme.run(['state', 'import', 'edited.json'])).code).toBe(5);
    expect((await acme.run(['state', 'import', 'none.json'])).code).toBe(7);
    expect((await acme.run(['state', 'import'], { answer: '' })).code).toBe(7);
    expect(await acme.run(['state', 'export'])).toMatchObject({ code: 5, stdout: '' });
    expect(existsSync(file(STATE))).toBe(false);
  });
});

describe('state check and unlock', () => {
  test('find nothing wrong after an apply', async () => {
    await migrate();
    expect(await acme.json(['state', 'check'])).toMatchObject({ problems: [] });
    expect(await acme.json(['state', 'unlock'])).toMatchObject({ unlocked: false, holder: null });
  });

  test('check ends with 5 and names every contradiction', async () => {
    const store = await openSqliteState({ path: file(STATE), mode: 'write', mustExist: false });
    const lease = await store.acquireLease(BUILD_7, 0);
    const { runId } = await store.openRun(lease, NIGHTLY);
    await store.beginAction(lease, runId, `create:${TRIAGE}`);
    await store.finishRun(lease, runId);
    await store.close();
    const { code, stdout, stderr } = await acme.run(['state', 'check']);
    expect(code).toBe(5);
    expect(stdout).toContain('error finished_with_begun: ');
    expect(stderr).toContain('contradicts itself');
    const json = await acme.run(['state', 'check', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      exit_code: 5,
      problems: [{ severity: 'error', code: 'finished_with_begun' }],
      error: { code: 'BTM_STATE_UNREADABLE' },
    });
  });

  test('unlock shows the holder and frees its lock only by force', async () => {
    const store = await openSqliteState({ path: file(STATE), mode: 'write', mustExist: false });
    await store.acquireLease(BUILD_7, 0);
    const refused = await acme.run(['state', 'unlock']);
    expect(refused.code).toBe(5);
    expect(refused.stderr).toContain('process 4711 on build-7 (https://ci.acme.example/jobs/12)');
    const { code, stdout } = await acme.run(['state', 'unlock', '--force']);
    expect(code).toBe(0);
    expect(stdout).toContain('it was held by process 4711 on build-7');
    await store.close();
  });

  test('both end with 5 without a state, and create none', async () => {
    expect((await acme.run(['state', 'check'])).code).toBe(5);
    expect((await acme.run(['state', 'unlock', '--force'])).code).toBe(5);
    expect(existsSync(file(STATE))).toBe(false);
  });
});
