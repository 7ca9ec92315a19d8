import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AcmeFolder, AcmeProcess } from '../support/acme-process.ts';
import { SLUGS, setStage } from '../support/acme-stage.ts';

const BINARY = fileURLToPath(new URL('../../bin/bt-migrate.js', import.meta.url));
const NO_SPACE = /ENOSPC|no space left/;

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

/** Runs with this file as stdout; resolves with the exit code and stderr. */
function runInto(file: string, argv: readonly string[]): Promise<{ code: number | null; stderr: string }> {
  const out = openSync(file, 'w');
  const child = spawn(process.execPath, [BINARY, ...argv], {
    cwd: folder.files.folder,
    env: { ...folder.env, PATH: process.env.PATH ?? '' },
    stdio: ['ignore', out, 'pipe'],
  });
  closeSync(out);
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stderr })));
}

describe.skipIf(process.platform !== 'linux')('a disk without space', () => {
  // Behind a link, so that a mistake replaces the link and not the device.
  beforeEach(() => symlinkSync('/dev/full', join(folder.files.folder, 'full')));
  afterEach(() => expect(statSync(join(folder.files.folder, 'full')).isCharacterDevice()).toBe(true));

  test.each([[['plan']], [['plan', '--json']], [['--help']]])(
    'under the output of %j is told, with 1',
    async (argv) => {
      const { code, stderr } = await runInto('/dev/full', argv);
      expect([code, stderr]).toEqual([1, expect.stringMatching(NO_SPACE)]);
      expect(stderr).toContain('The output cannot be written');
      expect(stderr).not.toMatch(/bug|\n\s+at /);
      expect(readdirSync(folder.files.folder).sort()).toEqual(['full', 'migration.yaml']);
    },
  );

  test('under the output of apply does not keep it from applying', async () => {
    const { code, stderr } = await runInto('/dev/full', ['apply', '--auto-approve']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('What the command did before is done.')]);
    expect((await acme.destination.list('/v1/prompt')).map(({ slug }) => slug).sort()).toEqual(SLUGS);
    expect((await folder.ok('plan', '--detailed-exitcode')).code).toBe(0);
  });

  test.each([['-o'], ['--json-into']])('under plan %s is told, and the device is left as it is', async (flag) => {
    const { code, stderr } = await folder.run(['plan', flag, 'full']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/cannot be written to ".*\/full" \(ENOSPC\)/)]);
    expect(stderr).not.toMatch(/bug|\n\s+at /);
  });

  test('under the report of an apply is told after what was applied', async () => {
    const { code, stdout, stderr } = await folder.run(['apply', '--auto-approve', '--report', 'full', '--json']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(NO_SPACE)]);
    const told = { code: 'BTM_FAILED', detail: expect.stringContaining('/full cannot be written') };
    expect(JSON.parse(stdout)).toMatchObject({ exit_code: 1, summary: { created: 4 }, error: told });
  });

  test('under the events of an apply is a warning', async () => {
    const { code, stderr } = await folder.run(['apply', '--auto-approve', '--events', 'full']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('full ends early')]);
  });
});

test.skipIf(process.platform === 'win32')('a plan goes to a pipe as it goes to a file', async () => {
  const { stdout } = await folder.ok('plan', '--json');
  const pipe = join(folder.files.folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const [read] = await Promise.all([readFile(pipe, 'utf8'), folder.ok('plan', '-o', 'pipe')]);
  expect(read).toBe(stdout);
});

test('a refused apply leaves no empty report', async () => {
  const refused = await folder.run(['apply', '--report', 'report.json']);
  expect(refused.code).toBe(7);
  expect(readdirSync(folder.files.folder)).toEqual(['migration.yaml']);
});

test.skipIf(process.platform !== 'linux')('Ctrl-C at the question ends with 130 and writes nothing', async () => {
  const terminal = spawn('script', ['-qec', `'${process.execPath}' '${BINARY}' apply`, '/dev/null'], {
    cwd: folder.files.folder,
    env: { ...folder.env, PATH: process.env.PATH ?? '' },
  });
  let shown = '';
  let typed = false;
  terminal.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    shown += chunk;
    if (typed || !shown.includes('Only "yes" is accepted')) return;
    typed = true;
    terminal.stdin.write('\u0003');
  });
  const code = await new Promise((resolve) => terminal.on('close', resolve));
  expect([code, shown]).toEqual([130, expect.stringContaining('BTM_INTERRUPTED')]);
  // On a line of its own, not behind the question.
  expect(shown).toMatch(/\nSIGINT: stopping/);
  expect(await acme.writes()).toEqual([]);
  expect(readdirSync(folder.files.folder)).toEqual(['migration.yaml']);
});
