import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/domain/event.ts';
import { Secret } from '../../src/domain/secret.ts';
import { storedActionId, storedAddress, storedText } from '../../src/domain/stored-name.ts';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';
import { reporting } from '../support/reporting-command.ts';

let cli: CliFixture;
beforeEach(() => {
  cli = cliFixture();
});
afterEach(() => cli.remove());

const EVENTS: readonly RunEvent[] = [
  { type: 'run_started', run_id: 'r1', lineage: 'l1', resumed: false, actions: 2, rows: 0 },
  { type: 'action_started', id: 'create:project.P', op: 'create', address: 'project.P' },
  {
    type: 'request_finished',
    side: 'destination',
    method: 'POST',
    path: '/v1/project',
    status: 200,
    duration_ms: 12,
    attempt: 1,
  },
  { type: 'action_finished', id: 'create:project.P', op: 'create', address: 'project.P', duration_ms: 12 },
  {
    type: 'action_failed',
    id: 'create:prompt.P.s',
    op: 'create',
    address: 'prompt.P.s',
    code: 'BTM_REQUEST_REJECTED',
    summary: 'The server rejected a request',
    detail: 'bad \u001b[31mslug',
  },
  { type: 'run_finished', run_id: 'r1', exit_code: 3, duration_ms: 4000 },
];

describe('events', () => {
  test('all go to the file, one line each, readable by the owner only', async () => {
    cli.write('events.ndjson', 'older\n');
    const { code } = await cli.run(['act', '--events', 'events.ndjson', '--log-level', 'error'], reporting(EVENTS));
    expect(code).toBe(0);
    const path = join(cli.folder, 'events.ndjson');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const lines = readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ time, ...event }) => event)).toEqual(EVENTS);
    expect(lines[1].time).toBe('2026-01-01T00:00:01.000Z');
  });

  test('go to stderr as NDJSON with --log-format json, down to the level', async () => {
    const { stderr } = await cli.run(['act', '--log-format', 'json'], { ...reporting(EVENTS), terminal: 80 });
    const types = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).type);
    expect(types).toEqual(['run_started', 'action_finished', 'action_failed', 'run_finished']);
    const debug = await cli.run(['act', '--log-format', 'json', '--log-level', 'debug'], reporting(EVENTS));
    expect(debug.stderr.trimEnd().split('\n')).toHaveLength(EVENTS.length);
  });

  test.each([
    ['error', 1],
    ['warn', 1],
    ['info', 4],
    ['debug', 6],
  ])('are told in words at --log-level %s, without control characters', async (level, lines) => {
    const { stderr } = await cli.run(['act', '--json', '--log-level', level], reporting(EVENTS));
    expect(stderr.trimEnd().split('\n')).toHaveLength(lines);
    expect(stderr).toContain(
      'error create prompt.P.s failed: The server rejected a request (BTM_REQUEST_REJECTED). bad \\u001b[31mslug\n',
    );
  });

  test('hold no e-mail address, but the form that the state of the run has for it', async () => {
    const lineage = '0b6f7c1e-5a3d-4a55-9d0e-0b7c2f6a9f11';
    const address = 'acl.project."Support bot"."user:ann@acme.example".read.-';
    const detail = 'Unknown member "ann@acme.example".';
    const events: RunEvent[] = [
      { type: 'warning', code: 'x', detail },
      { type: 'run_started', run_id: 'r1', lineage, resumed: false, actions: 1, rows: 0 },
      { type: 'action_started', id: `create:${address}`, op: 'create', address },
      { type: 'action_failed', id: `create:${address}`, op: 'create', address, code: 'x', summary: 'x', detail },
    ];
    for (const format of ['json', 'text']) {
      const argv = ['act', '--log-level', 'debug', '--log-format', format, '--events', 'e'];
      const { stderr } = await cli.run(argv, reporting(events));
      const file = readFileSync(join(cli.folder, 'e'), 'utf8');
      expect(stderr + file).not.toContain('ann@');
      const [warning, , started, failed] = file
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(started).toMatchObject({
        address: storedAddress(lineage, address),
        id: storedActionId(lineage, `create:${address}`),
      });
      expect(failed.detail).toBe(storedText(lineage, detail));
      // Which state it will be is not known yet; the form is another one, and still the same for the same person.
      expect(warning.detail).toMatch(/^Unknown member "email~[0-9a-f]{16}"\.$/);
    }
  });

  test('show a secret as a mask, should one ever get into them', async () => {
    const secret = new Secret('canary', 'BT_SOURCE_API_KEY');
    const event = { type: 'warning', code: 'x', detail: secret as unknown as string } as const;
    const json = await cli.run(['act', '--log-format', 'json', '--events', 'e'], reporting([event]));
    expect(json.stderr).toContain('"detail":"[secret]"');
    expect(json.stderr + readFileSync(join(cli.folder, 'e'), 'utf8')).not.toContain('canary');
  });
});
