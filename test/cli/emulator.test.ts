import { createServer } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { emulator } from '../../src/cli/commands/emulator.ts';
import { defineCommand } from '../../src/cli/define-command.ts';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';

let cli: CliFixture;
beforeEach(() => {
  cli = cliFixture();
});
afterEach(() => cli.remove());

/** The emulator command, calling back with what it printed when it is ready. */
function announcing(ready: (line: string) => Promise<void>) {
  return [
    defineCommand({
      ...emulator,
      handler: (context, values) =>
        emulator.run(
          {
            ...context,
            print: async (text) => {
              await context.print(text);
              if (text.includes('http')) await ready(text);
            },
          },
          values,
        ),
    }),
  ];
}

test('the emulator announces itself in one line, answers, and stops on a signal', async () => {
  let answered = 0;
  const commands = announcing(async (line) => {
    const { url, orgs } = JSON.parse(line);
    const answer = await fetch(`${url}/v1/project`, { headers: { authorization: `Bearer ${orgs[0].key}` } });
    answered = answer.status;
    cli.signal('SIGINT');
  });
  const argv = ['emulator', '--json', '--org', 'Acme Dev=sk-dev', '--org', 'Acme Prod=sk-prod', '--control', 'token'];
  const { code, stdout } = await cli.run(argv, { commands });
  expect([code, answered]).toEqual([0, 200]);
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  expect(JSON.parse(stdout)).toEqual({
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    control_url: expect.stringMatching(/\/__control$/),
    orgs: [
      { name: 'Acme Dev', key: 'sk-dev' },
      { name: 'Acme Prod', key: 'sk-prod' },
    ],
  });
});

test('a port that is in use is told, with what to do', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? String(address?.port) : '';
  const { code, stderr } = await cli.run(['emulator', '--port', port]);
  expect(code).toBe(1);
  expect(stderr).toContain(`The emulator did not start: port ${port} is in use.`);
  await new Promise((resolve) => server.close(resolve));
});

test('a seed that is not there is bad usage', async () => {
  const { code, stderr } = await cli.run(['emulator', '--seed', 'nowhere']);
  expect(code).toBe(7);
  expect(stderr).toContain('cannot seed from');
});
