import { spawn } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';
import { spawnCli } from '../support/spawn-cli.ts';

let folder: CliFixture;
beforeEach(() => {
  folder = cliFixture();
});
afterEach(() => folder.remove());

describe('the built binary', () => {
  test('validates a spec offline and ends with 0', async () => {
    folder.write('migration.yaml', '');
    const { code, stdout, stderr } = await spawnCli(['validate', '--offline'], { cwd: folder.folder }).finished;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('migration.yaml is valid; nothing was sent.');
  });

  test.each([
    ['a spec that is not valid', ['validate', '--offline'], 'policy: { on_conflict: overwrite }', 'BTM_SPEC_INVALID'],
    ['no spec', ['validate', '--file', 'none.yaml'], '', 'BTM_SPEC_UNREADABLE'],
    ['an unknown flag', ['validate', '--fast'], '', 'BTM_USAGE'],
    ['an unknown command', ['migrate'], '', 'BTM_USAGE'],
    ['no command', [], '', 'BTM_USAGE'],
  ])('ends with 7 for %s, with one document on stdout and no stack', async (_what, argv, spec, code) => {
    folder.write('migration.yaml', spec);
    const finished = await spawnCli([...argv, '--json'], { cwd: folder.folder }).finished;
    expect(finished.code).toBe(7);
    expect(JSON.parse(finished.stdout)).toMatchObject({ format_version: '1.0', exit_code: 7, error: { code } });
    expect(finished.stderr).toMatch(/^Error: /);
    expect(finished.stderr).not.toMatch(/\n\s+at /);
  });

  test('ends with 6 without keys, which are read from .env as well', async () => {
    folder.write('migration.yaml', '');
    folder.write('.env', 'BT_DEST_API_KEY=sk-acme-prod\n');
    const { code, stderr } = await spawnCli(['validate'], { cwd: folder.folder }).finished;
    expect(code).toBe(6);
    expect(stderr).toContain('$BT_SOURCE_API_KEY for the source is not set');
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('serves the emulator until %s and stops cleanly', async (signal) => {
    const running = spawnCli(['emulator', '--json', '--seed', 'demo'], { cwd: folder.folder });
    const { url, orgs } = JSON.parse(await running.firstLine);
    const answer = await fetch(`${url}/v1/project`, { headers: { authorization: `Bearer ${orgs[0].key}` } });
    expect(answer.status).toBe(200);
    running.process.kill(signal);
    expect(await running.finished).toMatchObject({ code: 0 });
  });

  test('validates against the emulator it brings', async () => {
    const server = spawnCli(['emulator', '--json', '--seed', 'demo'], { cwd: folder.folder });
    const { url, orgs } = JSON.parse(await server.firstLine);
    folder.write('migration.yaml', '');
    const env = { BT_SOURCE_API_KEY: orgs[0].key, BT_DEST_API_KEY: orgs[1].key, BT_SOURCE_URL: url, BT_DEST_URL: url };
    const { code, stdout } = await spawnCli(['validate', '--probe-write', '--json'], { cwd: folder.folder, env })
      .finished;
    expect(JSON.parse(stdout)).toMatchObject({ exit_code: 0, write_access: 'proven' });
    expect(code).toBe(0);
    server.process.kill('SIGTERM');
    await server.finished;
  });

  test('stops waiting for a server that never answers, with 130', async () => {
    const server = spawnCli(['emulator', '--json', '--control', 'token'], { cwd: folder.folder });
    const { url, control_url: control, orgs } = JSON.parse(await server.firstLine);
    const headers = { authorization: 'Bearer token', 'content-type': 'application/json' };
    const rule = { match: { path: '/v1/*' }, action: { type: 'hold' } };
    await fetch(`${control}/faults`, { method: 'POST', headers, body: JSON.stringify(rule) });
    folder.write('migration.yaml', '');
    const env = { BT_SOURCE_API_KEY: orgs[0].key, BT_DEST_API_KEY: orgs[1].key, BT_SOURCE_URL: url, BT_DEST_URL: url };
    const running = spawnCli(['validate', '--log-level', 'debug'], { cwd: folder.folder, env });
    const loggedIn = new Promise<void>((resolve) => {
      let seen = '';
      running.process.stderr.on('data', (chunk: string) => {
        seen += chunk;
        if (seen.split('/api/apikey/login 200').length > 2) resolve();
      });
    });
    await loggedIn;
    running.process.kill('SIGINT');
    const { code, stderr } = await running.finished;
    expect(stderr).toContain('(BTM_INTERRUPTED)');
    expect(code).toBe(130);
    server.process.kill('SIGTERM');
    await server.finished;
  });

  test('writes a whole document into a pipe that is read late, and none of it is lost', async () => {
    folder.write('migration.yaml', '');
    const running = spawnCli(['validate', '--help', '--json'], { cwd: folder.folder });
    running.process.stdout.pause();
    await new Promise((resolve) => running.process.stderr.on('close', resolve));
    running.process.stdout.resume();
    expect(JSON.parse((await running.finished).stdout)).toMatchObject({ command: 'help' });
  });

  test('survives a reader that closes the pipe', async () => {
    const shell = spawn(
      'bash',
      ['-o', 'pipefail', '-c', `"${process.execPath}" bin/bt-migrate.js --help | head -c 1`],
      {
        cwd: new URL('../..', import.meta.url),
      },
    );
    let stderr = '';
    shell.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    const code = await new Promise((resolve) => shell.on('close', resolve));
    expect([code, stderr]).toEqual([0, '']);
  });
});
