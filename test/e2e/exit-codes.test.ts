import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AcmeFolder, AcmeProcess } from '../support/acme-process.ts';
import { setStage } from '../support/acme-stage.ts';
import { EXIT_CODE_ROWS, editPrompt, garbageState } from './exit-code-table.ts';

const STATE = 'bt-migrate.state.db';
const QUESTION = 'Only "yes" is accepted';

let acme: AcmeProcess;
let folder: AcmeFolder;
beforeAll(async () => {
  acme = await AcmeProcess.start();
});
beforeEach(async () => {
  ({ folder } = await setStage(acme));
});
afterEach(() => acme.reset());
afterAll(() => acme.stop());

describe('the built binary', () => {
  test.each(EXIT_CODE_ROWS)('ends with $code when $what', async ({ code, argv, given, error }) => {
    const env = await given?.({ acme, folder });
    await acme.clearRequests();
    const hadState = folder.has(STATE);
    const finished = await folder.run([...argv, '--json'], env);
    expect([finished.code, finished.stderr]).toEqual([code, expect.any(String)]);
    // One document and nothing else on stdout; a plan is its own document, the same as its file.
    const document = JSON.parse(finished.stdout);
    if (argv[0] !== 'plan' || error !== undefined) {
      expect(document).toMatchObject({
        format_version: '1.0',
        command: argv.join(' ').match(/^state export|^\w+/)?.[0],
      });
      expect(document.exit_code).toBe(code);
    }
    expect(document.error?.code).toBe(error);
    if (error !== undefined) expect(Object.keys(document.error).sort()).toEqual(['code', 'detail', 'hint', 'summary']);
    if ([6, 8].includes(code)) expect(error).toBeDefined();
    expect(finished.stderr.includes('Error: ')).toBe(error !== undefined);
    expect(finished.stderr).not.toMatch(/\n\s+at |sk-acme/);
    if (![0, 3].includes(code)) expect(await acme.writes()).toEqual([]);
    // A run that is refused leaves nothing that the next one could take for a state.
    if (argv[0] === 'apply' && ![0, 3].includes(code)) expect(folder.has(STATE)).toBe(hadState);
  });

  test.each([
    [6, 403, 'BTM_PERMISSION_DENIED'],
    [8, 500, 'BTM_SERVER_FAILED'],
  ])('ends with %i when every write is answered with %i', async (code, status, error) => {
    await acme.fault({
      match: { method: 'POST', path: '/v1/*', org: 'Acme Prod' },
      action: { type: 'status', status },
    });
    const finished = await folder.run(['apply', '--auto-approve', '--json']);
    const detail = status === 500 ? /sent \d times, and each time the object was not there/ : /answered 403/;
    const failed = { code: error, detail: expect.stringMatching(detail) };
    const project = { id: 'create:project."Support bot"', status: 'failed', error: expect.objectContaining(failed) };
    const told = { code: error, summary: expect.any(String), detail: expect.any(String) };
    expect(JSON.parse(finished.stdout)).toMatchObject({ exit_code: code, error: told });
    expect(JSON.parse(finished.stdout).error).toHaveProperty('hint');
    expect(JSON.parse(finished.stdout).actions).toContainEqual(expect.objectContaining(project));
    expect([finished.code, await acme.destination.list('/v1/project')]).toEqual([code, []]);
  });

  test('ends with 5 while another run holds the state, and the lock says who', async () => {
    await folder.ok('plan', '-o', 'plan.out');
    const hold = await acme.fault({
      match: { method: 'POST', org: 'Acme Prod', path: '/v1/project' },
      action: { type: 'hold' },
    });
    const running = folder.start(['apply', 'plan.out']);
    await acme.held(hold);
    for (const argv of [
      ['apply', 'plan.out'],
      ['state', 'mv', 'project.A', 'project.B'],
      ['state', 'unlock'],
    ]) {
      const refused = await folder.run(argv);
      expect(refused.code).toBe(5);
      expect(refused.stderr).toContain(`process ${running.process.pid} on `);
    }
    expect((await folder.run(['state', 'list'])).code).toBe(0);
    await acme.release(hold);
    expect((await running.finished).code).toBe(0);
  });

  test.skipIf(process.platform !== 'linux')('ends with 1 when the person answers no, and writes nothing', async () => {
    const binary = fileURLToPath(new URL('../../bin/bt-migrate.js', import.meta.url));
    const command = `'${process.execPath}' '${binary}' apply`;
    const terminal = spawn('script', ['-qec', command, '/dev/null'], {
      cwd: folder.files.folder,
      env: { ...folder.env, PATH: process.env.PATH ?? '' },
    });
    let shown = '';
    terminal.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const asked = shown.includes(QUESTION);
      shown += chunk;
      if (!asked && shown.includes(QUESTION)) terminal.stdin.write('no\n');
    });
    const code = await new Promise((resolve) => terminal.on('close', resolve));
    expect(shown).toContain('BTM_DECLINED');
    expect(code).toBe(1);
    expect(await acme.writes()).toEqual([]);
    expect(folder.has(STATE)).toBe(false);
  });

  test('tells the first of 7, 5, 6, 8 and 4 that is wrong', async () => {
    await folder.ok('plan', '-o', 'plan.out');
    await editPrompt({ acme, folder });
    const limit = { type: 'status', status: 429, retryAfter: 0.01 } as const;
    expect((await folder.run(['apply', 'plan.out'])).code).toBe(4);
    await acme.fault({ match: { path: '/v1/*' }, action: limit });
    expect((await folder.run(['apply', 'plan.out'])).code).toBe(8);
    const noKey = { BT_SOURCE_API_KEY: '' };
    expect((await folder.run(['apply', 'plan.out'], noKey)).code).toBe(6);
    await garbageState({ acme, folder });
    expect((await folder.run(['apply', 'plan.out'], noKey)).code).toBe(5);
    folder.files.write('plan.out', '{}');
    expect((await folder.run(['apply', 'plan.out'], noKey)).code).toBe(7);
  });
});

describe('plan', () => {
  test('prints with --json the very bytes that it saves, and creates no state', async () => {
    const { stdout } = await folder.ok('plan', '-o', 'plan.out', '--json-into', 'plan.json', '--json');
    expect(folder.read('plan.out')).toBe(stdout);
    expect(folder.read('plan.json')).toBe(stdout);
    expect((await folder.ok('plan', '--json')).stdout).toBe(stdout);
    expect(readdirSync(folder.files.folder).sort()).toEqual(['migration.yaml', 'plan.json', 'plan.out']);
  });
});

describe('apply', () => {
  test('keeps results on stdout and everything else on stderr', async () => {
    const quiet = await folder.ok('apply', '--auto-approve', '--log-format', 'json', '--log-level', 'debug');
    expect(quiet.stdout).toMatch(/^Applied: 4 created/m);
    const events = quiet.stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).type);
    expect(events).toContain('run_finished');
    expect(events.filter((type) => type === 'action_finished')).toHaveLength(4);
  });
});
