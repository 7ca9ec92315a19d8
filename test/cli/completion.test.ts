import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { GLOBAL_OPTIONS } from '../../src/cli/globals.ts';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';

const shared = mkdtempSync(join(tmpdir(), 'bt-migrate-completion-'));
afterAll(() => rmSync(shared, { recursive: true }));

let cli: CliFixture;
beforeEach(() => {
  cli = cliFixture();
});
afterEach(() => cli.remove());

const PRESS_TAB_IN_ZSH = fileURLToPath(new URL('../support/press-tab.zsh', import.meta.url));

const isThere = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;

/** What a shell proposes when Tab is pressed behind these words. */
async function proposals(...typed: string[]): Promise<string[]> {
  cli.write('script', (await cli.run(['completion', 'bash'])).stdout);
  const words = ['bt-migrate', ...typed].map((word) => `'${word}'`).join(' ');
  const press = `source ./script; COMP_WORDS=(${words}); COMP_CWORD=${typed.length}; _bt_migrate; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const options = { cwd: cli.folder, encoding: 'utf8' } as const;
  return execFileSync('bash', ['--norc', '-uc', press], options)
    .split('\n')
    .filter((word) => word !== '');
}

describe('in bash', () => {
  test('the first word is a command or a group', async () => {
    const first = [...new Set(commands.map(({ name }) => name.split(' ')[0]))].sort();
    expect((await proposals('')).sort()).toEqual(first);
    expect(await proposals('app')).toEqual(['apply']);
    expect((await proposals('s')).sort()).toEqual(['show', 'state']);
  });

  test('the second word of a group is one of its commands', async () => {
    expect((await proposals('state', '')).sort()).toEqual(
      ['check', 'export', 'import', 'list', 'mv', 'rm', 'show', 'unlock'].sort(),
    );
    expect(await proposals('state', 'ex')).toEqual(['export']);
  });

  test.each(commands.map(({ name, options }) => [name, Object.keys(options)] as const))(
    'every flag of %s is proposed behind a dash',
    async (name, options) => {
      const proposed = await proposals(...name.split(' '), '--');
      const wanted = [...options, ...Object.keys(GLOBAL_OPTIONS), 'help'].map((flag) => `--${flag}`);
      expect(proposed.sort()).toEqual([...new Set(wanted)].sort());
    },
  );

  test('a flag with a choice of values proposes them, also after other words', async () => {
    expect(await proposals('show', 'plan.out', '--format', '')).toEqual(['text', 'json', 'markdown']);
    expect(await proposals('state', 'list', '--format', 'c')).toEqual(['csv']);
    expect(await proposals('plan', '--log-level', 'd')).toEqual(['debug']);
    // Both are called show, and they have different flags.
    expect(await proposals('state', 'show', '--form')).toEqual([]);
    expect(await proposals('show', '--form')).toEqual(['--format']);
  });

  test('an argument with a choice of values proposes them, and nothing else is proposed for a file', async () => {
    expect(await proposals('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(await proposals('plan', '-o', '')).toEqual([]);
    expect(await proposals('apply', 'pl')).toEqual([]);
  });
});

/** Runs a script with a shell in the folder that holds the completion script. */
async function propose(shell: 'zsh' | 'fish', options: readonly string[], line: string): Promise<string[]> {
  cli.write('script', (await cli.run(['completion', shell])).stdout);
  const { stdout, stderr, status } = spawnSync(shell, [...options, line], {
    cwd: cli.folder,
    encoding: 'utf8',
    // No settings of the person who runs the tests, and a terminal that every shell knows.
    env: { PATH: process.env.PATH, HOME: cli.folder, COMPDUMP: join(shared, 'zsh'), TERM: 'xterm', LANG: 'C.UTF-8' },
  });
  expect(`${status} ${stderr}`).toBe('0 ');
  return stdout.split('\n').filter((word) => word !== '');
}

const SHELLS = [
  ['zsh', (line: string) => propose('zsh', ['-f', PRESS_TAB_IN_ZSH], line)],
  [
    'fish',
    async (line: string) => {
      const ask = ['--no-config', '-c', 'source ./script; complete -C $argv[1]'];
      // Each with its description behind a tab.
      return (await propose('fish', ask, line)).map((proposal) => proposal.split('\t')[0] ?? '');
    },
  ],
] as const;

describe.each(SHELLS.map(([shell, press]) => [shell, press, isThere(shell)] as const))(
  'in %s',
  (shell, press, present) => {
    if (!present) console.warn(`Completion is not run in ${shell}: it is not installed here.`);

    test.skipIf(!present)('the first word is a command or a group', async () => {
      const first = [...new Set(commands.map(({ name }) => name.split(' ')[0]))].sort();
      expect((await press('bt-migrate ')).sort()).toEqual(first);
      expect(await press('bt-migrate pl')).toEqual(['plan']);
      expect((await press('bt-migrate s')).sort()).toEqual(['show', 'state']);
    });

    test.skipIf(!present)('the second word of a group is one of its commands', async () => {
      expect((await press('bt-migrate state ')).sort()).toEqual(
        ['check', 'export', 'import', 'list', 'mv', 'rm', 'show', 'unlock'].sort(),
      );
      expect(await press('bt-migrate state ex')).toEqual(['export']);
    });

    test.skipIf(!present)('every flag of a command is proposed behind a dash', async () => {
      for (const { name, options } of commands.filter(({ name }) => /^(plan|verify|state list)$/.test(name))) {
        const wanted = [...Object.keys(options), ...Object.keys(GLOBAL_OPTIONS), 'help'].map((flag) => `--${flag}`);
        const proposed = (await press(`bt-migrate ${name} --`)).filter((word) => word.startsWith('--'));
        expect(proposed.sort()).toEqual([...new Set(wanted)].sort());
      }
    });

    test.skipIf(!present)('a flag with a choice of values proposes them, of the command it belongs to', async () => {
      expect((await press('bt-migrate show plan.out --format ')).sort()).toEqual(['json', 'markdown', 'text']);
      expect(await press('bt-migrate state list --format c')).toEqual(['csv']);
      expect(await press('bt-migrate completion z')).toEqual(['zsh']);
    });

    test.skipIf(!present)('a file is proposed where one is wanted', async () => {
      cli.write('plan.out', '{}');
      expect(await press('bt-migrate apply plan.o')).toEqual(['plan.out']);
      expect(await press('bt-migrate plan -o plan.o')).toEqual(['plan.out']);
    });
  },
);

test.each(['zsh', 'fish'])('the script for %s names every command and flag', async (shell) => {
  const { code, stdout } = await cli.run(['completion', shell]);
  expect(code).toBe(0);
  for (const { name, options } of commands) {
    expect(stdout).toContain(name);
    for (const flag of Object.keys(options)) expect(stdout).toContain(flag);
  }
  // A quote in a summary must not end the quoted word it stands in.
  const bare = stdout.replace(/\\'/g, '').replace(/^#.*$/gm, '');
  expect((bare.match(/'/g) ?? []).length % 2).toBe(0);
});

test('another shell is refused with those there are', async () => {
  const { code, stderr } = await cli.run(['completion', 'bsh']);
  expect(code).toBe(7);
  expect(stderr).toContain('SHELL bsh is not accepted. Allowed: bash, zsh, fish. Did you mean "bash"?');
});
