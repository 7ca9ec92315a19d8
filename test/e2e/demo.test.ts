import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RESOURCE_KINDS, STREAM_KINDS } from '../../src/domain/kind.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';
import { spawnCli } from '../support/spawn-cli.ts';

let folder: CliFixture;
beforeEach(() => {
  folder = cliFixture();
});
afterEach(() => folder.remove());

/** A real key in the user's environment, which the demo must not use. */
const REAL = { BT_SOURCE_API_KEY: 'sk-real', BT_DEST_API_KEY: 'sk-real', BT_DEST_URL: 'https://api.braintrust.dev' };

interface DemoStep {
  readonly command: string;
  readonly exit_code: number;
  readonly expected: number;
}

function filesOf(dir: string) {
  const read = (name: string) => readFileSync(join(dir, name), 'utf8');
  const writesOf = (name: string) =>
    (JSON.parse(read(name)) as Plan).actions.filter(({ op }) => op !== 'skip' && op !== 'blocked').map(({ id }) => id);
  return { read, writesOf };
}

describe('the demo', () => {
  test('runs every command as a user would, each ending as it should, and leaves a folder to go on in', async () => {
    const started = performance.now();
    const { code, stdout, stderr } = await spawnCli(['demo', '--json'], {
      cwd: folder.folder,
      env: { ...REAL, TMPDIR: folder.folder },
    }).finished;
    expect([code, stderr]).toEqual([0, '']);
    expect(performance.now() - started).toBeLessThan(60_000);
    const { dir, steps } = JSON.parse(stdout) as { dir: string; steps: DemoStep[] };
    expect(dirname(dir)).toBe(folder.folder);
    const { read, writesOf } = filesOf(dir);
    expect(steps.map(({ command, exit_code }) => [command, exit_code])).toEqual([
      ['bt-migrate validate', 0],
      ['bt-migrate plan -o plan.out', 0],
      ['bt-migrate show plan.out --format markdown', 0],
      ['bt-migrate apply plan.out', 0],
      ['bt-migrate plan', 0],
      ['bt-migrate drift', 0],
      ["bt-migrate state list 'prompt.*.*'", 0],
      ['bt-migrate plan -o update.out', 0],
      ['bt-migrate apply update.out', 0],
      ['bt-migrate plan -o rows.out', 0],
      ['bt-migrate apply rows.out', 0],
      ['bt-migrate drift', 2],
      ['bt-migrate plan -o back.out', 0],
      ['bt-migrate apply back.out', 0],
      ['bt-migrate drift', 0],
    ]);
    expect(steps.every(({ exit_code, expected }) => exit_code === expected)).toBe(true);

    expect(read('output/05-plan.txt')).toContain('No changes.');
    expect(read('output/06-drift.txt')).toContain('No drift.');
    expect(read('output/12-drift.txt')).toContain('Drift: 1 destination moved');
    expect(writesOf('update.out')).toEqual(['update:prompt."Support bot".handover']);
    expect(writesOf('rows.out')).toEqual(['copy:dataset_rows."Support bot"."Golden questions"']);
    expect(read('output/04-apply.txt')).toMatch(/logs\."Support bot": \d+ rows/);
    expect(read('output/11-apply.txt')).toContain(' » dataset_rows."Support bot"."Golden questions": 2 rows');
    expect(writesOf('back.out')).toEqual(['update:prompt."Support bot".handover']);
    const kinds = new Set(writesOf('plan.out').map((id) => id.replace(/^\w+:(\w+).*$/, '$1')));
    // People are matched, never made.
    const made = [...RESOURCE_KINDS.filter((kind) => kind !== 'user'), ...STREAM_KINDS];
    expect([...kinds].sort()).toEqual(made.sort());
    expect(readdirSync(dir).sort()).toEqual([
      '.env',
      'README.txt',
      'back.out',
      'bt-migrate.state.db',
      'emulator.db',
      'migration.yaml',
      'output',
      'plan.out',
      'rows.out',
      'update.out',
    ]);
    for (const name of ['.env', 'plan.out', 'bt-migrate.state.db']) {
      expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
    }
    const [, words = ''] = /^ {2}bt-migrate (emulator .*)$/m.exec(read('README.txt')) ?? [];
    const server = spawnCli([...words.split(' '), '--json'], { cwd: dir });
    await server.firstLine;
    const again = await spawnCli(['plan', '--detailed-exitcode'], { cwd: dir }).finished;
    expect(again.stdout).toContain('No changes.');
    expect(again.code).toBe(0);
    server.process.kill('SIGTERM');
    await server.finished;
  });

  test('shows what is typed, what came of it, and where the rest is', async () => {
    const { code, stdout, stderr } = await spawnCli(['demo', '--dir', 'demo'], { cwd: folder.folder }).finished;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('\n$ bt-migrate plan -o plan.out\nPlan for Acme Prod (http://127.0.0.1:');
    expect(stdout).toMatch(/\n… \d+ more lines, see output\/02-plan\.txt\n/);
    expect(stdout).toMatch(/\nNo drift\. \d+ in sync\.\n\[exit 0, /);
    expect(stdout).toContain('[exit 2, as it should');
    expect(stdout).not.toContain('\u001b');
    // What is shown of a long output is its beginning and its end.
    const [, shown = ''] = /\$ bt-migrate plan -o plan\.out\n([\s\S]*?)\n\[exit/.exec(stdout) ?? [];
    const [head = '', rest = ''] = shown.split(/\n… (?=\d+ more lines)/);
    const whole = filesOf(join(folder.folder, 'demo')).read('output/02-plan.txt');
    expect(whole.startsWith(head)).toBe(true);
    expect(whole.trimEnd().endsWith(rest.slice(rest.indexOf('\n') + 1))).toBe(true);
    const hidden = Number(/^\d+/.exec(rest)?.[0]);
    expect(shown.split('\n').length - 1 + hidden).toBe(whole.trimEnd().split('\n').length);
  });

  test('overwrites nothing', async () => {
    folder.write('notes.txt', 'mine');
    const { code, stderr } = await spawnCli(['demo', '--dir', '.'], { cwd: folder.folder }).finished;
    expect(code).toBe(7);
    expect(stderr).toContain('is not empty');
    expect(readdirSync(folder.folder)).toEqual(['notes.txt']);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('stops its server on %s', async (signal, code) => {
    const running = spawnCli(['demo', '--dir', 'demo'], { cwd: folder.folder });
    const url = await new Promise<string>((resolve) => {
      let shown = '';
      running.process.stdout.on('data', (chunk: string) => {
        shown += chunk;
        const found = /"url":"([^"]+)"/.exec(shown)?.[1];
        if (found !== undefined) resolve(found);
      });
    });
    expect((await fetch(url)).status).toBeGreaterThan(0);
    running.process.kill(signal);
    const finished = await running.finished;
    expect(finished.code).toBe(code);
    // Its folder is not empty any more: the same command again would be refused.
    expect(finished.stderr).toContain('it begins anew, in an empty folder');
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });
});
