import { execFileSync, spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { GLOBAL_OPTIONS } from '../../src/cli/globals.ts';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';

let cli: CliFixture;
beforeEach(() => {
  cli = cliFixture();
});
afterEach(() => cli.remove());

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

test.each(['zsh', 'fish'].map((shell) => [shell, isThere(shell)] as const))(
  'the script for %s is read without an error',
  async (shell, present) => {
    const { code, stdout } = await cli.run(['completion', shell]);
    expect(code).toBe(0);
    for (const { name, options } of commands) {
      expect(stdout).toContain(name);
      for (const flag of Object.keys(options)) expect(stdout).toContain(flag);
    }
    // A quote in a summary must not end the quoted word it stands in.
    const bare = stdout.replace(/\\'/g, '').replace(/^#.*$/gm, '');
    expect((bare.match(/'/g) ?? []).length % 2).toBe(0);
    if (!present) return;
    const path = cli.write('script', stdout);
    expect(spawnSync(shell, ['-n', path], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  },
);

test('another shell is refused with those there are', async () => {
  const { code, stderr } = await cli.run(['completion', 'bsh']);
  expect(code).toBe(7);
  expect(stderr).toContain('SHELL bsh is not accepted. Allowed: bash, zsh, fish. Did you mean "bash"?');
});
