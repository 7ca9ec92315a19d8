import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { commands, groups } from '../../src/cli/commands.ts';
import { defineCommand } from '../../src/cli/define-command.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { BtMigrateError } from '../../src/domain/errors.ts';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';

let cli: CliFixture;
beforeEach(() => {
  cli = cliFixture();
});
afterEach(() => cli.remove());

/** A command that does what the test says. */
function commandThat(handler: Parameters<typeof defineCommand>[0]['handler']) {
  return [defineCommand({ name: 'act', summary: 'Act', options: {}, examples: [], handler })];
}

describe('a command that succeeds', () => {
  const commands = commandThat(async () => ({
    exitCode: 2,
    summary: 'Two changes',
    text: 'Two\nchanges\n',
    document: { changes: 2 },
  }));

  test('prints its text and ends with its code', async () => {
    expect(await cli.run(['act'], { commands })).toEqual({ code: 2, stdout: 'Two\nchanges\n', stderr: '', exits: [] });
  });

  test('prints one document with --json', async () => {
    const { stdout, code } = await cli.run(['act', '--json'], { commands });
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      format_version: '1.0',
      command: 'act',
      exit_code: 2,
      summary: 'Two changes',
      changes: 2,
    });
  });
});

describe('a command that fails', () => {
  const hostile = new BtMigrateError('BTM_SERVER_FAILED', {
    detail: 'The server said \u001b[31mno\u202e.\nTwice.',
    hint: 'Try again.',
  });

  test('shows summary, detail and hint, and no control character of others', async () => {
    const commands = commandThat(() => Promise.reject(hostile));
    const { stderr, stdout, code } = await cli.run(['act'], { commands });
    expect([code, stdout]).toEqual([8, '']);
    expect(stderr).toBe(
      'Error: The server kept failing (BTM_SERVER_FAILED)\n\n  The server said \\u001b[31mno\\u202e.\n  Twice.\n\n  Try again.\n',
    );
  });

  test('wraps for a terminal and colours only there', async () => {
    const commands = commandThat(() => Promise.reject(hostile));
    const { stderr } = await cli.run(['act'], { commands, terminal: 30 });
    expect(stderr).toContain('\u001b[31m');
    expect(stderr).toContain('  The server said\n  \\u001b[31mno\\u202e.\n');
    const plain = await cli.run(['act'], { commands, terminal: 30, env: { NO_COLOR: '1' } });
    expect(plain.stderr).not.toContain('\u001b');
  });

  test('may have results to show as well', async () => {
    const commands = commandThat(async () => ({
      exitCode: 3,
      summary: 'Partly',
      document: { done: 1 },
      error: hostile,
    }));
    const text = await cli.run(['act'], { commands });
    expect([text.code, text.stdout]).toEqual([3, 'Partly\n']);
    expect(text.stderr).toContain('(BTM_SERVER_FAILED)');
    const json = await cli.run(['act', '--json'], { commands });
    expect(JSON.parse(json.stdout)).toMatchObject({ exit_code: 3, done: 1, error: { code: 'BTM_SERVER_FAILED' } });
  });

  test('after it printed its document does not print a second one', async () => {
    const commands = commandThat(async ({ print }) => {
      await print('{"ready":true}\n');
      throw hostile;
    });
    expect(await cli.run(['act', '--json'], { commands })).toMatchObject({ code: 8, stdout: '{"ready":true}\n' });
  });
});

describe('a bug', () => {
  const commands = commandThat(() => Promise.reject(new TypeError('x is not a function')));

  test('says that it is one, without a stack', async () => {
    const { stderr, code } = await cli.run(['act'], { commands });
    expect(code).toBe(1);
    expect(stderr).toContain('Error: This is a bug in bt-migrate (BTM_FAILED)\n\n  TypeError: x is not a function\n');
    expect(stderr).not.toContain('    at ');
  });

  test('shows where it happened with --log-level debug', async () => {
    const { stderr } = await cli.run(['act', '--log-level', 'debug'], { commands });
    expect(stderr).toContain('    at ');
  });

  test('in the background ends the command with one document, too', async () => {
    const waiting = commandThat(() => {
      cli.crash(new Error('lost'));
      return new Promise(() => {});
    });
    const { stdout, code } = await cli.run(['act', '--json'], { commands: waiting });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ command: 'act', error: { code: 'BTM_FAILED', detail: 'Error: lost' } });
  });
});

test.each([
  ['argument', { arguments: { state: { summary: 'Where' } }, options: {} }],
  ['flag', { arguments: {}, options: { json: { type: 'flag', summary: 'Another JSON' } } }],
  ['letter', { arguments: {}, options: { force: { type: 'flag', alias: 'f', summary: 'Force' } } }],
] as const)('an %s that is called like a flag of every command is found out at once', async (_what, parts) => {
  const handler = async () => ({ exitCode: 0, summary: 'Done' });
  const known = [defineCommand({ name: 'act', summary: 'Act', examples: [], handler, ...parts })];
  const { code, stderr } = await cli.run(['act'], { commands: known });
  expect(code).toBe(1);
  expect(stderr).toMatch(/act declares "(state|json|f)" twice/);
});

describe('a signal', () => {
  const commands = commandThat(({ signal, print }) => {
    void print('working\n').then(() => cli.signal('SIGTERM'));
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  });

  test('lets the command end its work and gives its code', async () => {
    const { code, stderr, exits } = await cli.run(['act'], { commands });
    expect([code, exits]).toEqual([143, []]);
    expect(stderr).toContain('SIGTERM: stopping after the work in flight; a second signal stops at once.');
    expect(stderr).toContain('(BTM_TERMINATED)');
  });

  test('is told on a line of its own, not behind the progress bar or what a terminal echoes', async () => {
    const reading = commandThat(({ signal, report }) => {
      report({ type: 'inventory_started', side: 'source' });
      cli.signal('SIGINT');
      return Promise.reject(signal.reason);
    });
    const { stderr } = await cli.run(['act'], { commands: reading, terminal: 80 });
    expect(stderr).toContain('Reading: 0 objects in 0 lists\r\u001b[2K\nSIGINT: stopping');
    const json = await cli.run(['act', '--log-format', 'json'], { commands: reading });
    const [line] = json.stderr.split('\n').filter((text) => text.includes('stopping'));
    expect(JSON.parse(line ?? '')).toMatchObject({ type: 'warning', code: 'stopping' });
  });

  test('is told what to do next, which differs by command', async () => {
    const told = async (interrupted?: string) => {
      const [command] = commands;
      const known =
        command === undefined ? [] : [{ ...command, ...(interrupted === undefined ? {} : { interrupted }) }];
      return (await cli.run(['act'], { commands: known })).stderr;
    };
    expect(await told()).toContain('Run the same command again.\n');
    expect(await told('It begins anew.')).toContain('It begins anew.\n');
  });

  test('that comes twice ends the process at once', async () => {
    const stubborn = commandThat(async () => {
      cli.signal('SIGINT');
      cli.signal('SIGINT');
      return { exitCode: 0, summary: 'Done' };
    });
    expect(await cli.run(['act'], { commands: stubborn })).toMatchObject({ code: 0, exits: [130] });
  });
});

test('a reader that goes away early is no error', async () => {
  const commands = commandThat(async () => ({ exitCode: 0, summary: 'x'.repeat(100_000) }));
  const closed = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
  });
  const stderr = new Writable({ write: (_chunk, _encoding, done) => done() });
  const io = {
    stdin: process.stdin,
    stdout: closed,
    stderr,
    env: {},
    cwd: cli.folder,
    now: Date.now,
    onSignal: () => () => {},
    onCrash: () => () => {},
    exit: () => {},
  };
  expect(await runCli(['act'], io, commands)).toBe(0);
});

describe('help and version', () => {
  test('name every command, and come as one document with --json', async () => {
    const text = await cli.run(['--help']);
    expect(text.code).toBe(0);
    expect(text.stdout).toContain('bt-migrate validate');
    const json = await cli.run(['validate', '--help', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ command: 'help', exit_code: 0 });
  });

  test.each([
    [['-h'], 'bt-migrate COMMAND [flags]'],
    [['plan', '-h'], 'bt-migrate plan'],
    [['state', 'list', '-h'], 'bt-migrate state list [address]'],
    [['show', '--help'], 'bt-migrate show <plan>'],
  ])('come for %j', async (argv, first) => {
    const { code, stdout, stderr } = await cli.run(argv);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')[0]?.trimEnd()).toBe(first);
  });

  test('say what a group is for, and list its members', async () => {
    const { stdout } = await cli.run(['--help']);
    const words = stdout.replace(/\s+/g, ' ');
    expect(words).toContain(
      'bt-migrate state Inspect and repair the state: list, show, mv, rm, check, export, import, unlock',
    );
    for (const [group, summary] of Object.entries(groups)) {
      const members = commands.filter(({ name }) => name.startsWith(`${group} `)).map(({ name }) => name.split(' ')[1]);
      expect(summary.split(': ')[1]).toBe(members.join(', '));
    }
    expect(commands.map(({ name }) => name.split(' ')).every(([group, member]) => !member || groups[group ?? ''])).toBe(
      true,
    );
  });

  test.each(commands.map(({ name }) => name))('give an example of %s that can be copied', async (name) => {
    const { stdout } = await cli.run([...name.split(' '), '--help']);
    const command = commands.find((known) => known.name === name);
    const [, examples = ''] = stdout.split('\nExamples:\n');
    expect(command?.examples.length).toBeGreaterThan(0);
    for (const { command: line } of command?.examples ?? []) {
      expect(examples).toContain(`  ${line}\n`);
      expect(line).toContain(`bt-migrate ${name}`);
    }
  });

  test('tell the version of the package', async () => {
    const { stdout } = await cli.run(['--version', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ command: 'version', version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  });
});
