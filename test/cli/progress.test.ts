import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/domain/event.ts';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';
import { reporting } from '../support/reporting-command.ts';

let cli: CliFixture;
beforeEach(() => {
  cli = cliFixture();
});
afterEach(() => cli.remove());

describe('progress', () => {
  const many: RunEvent[] = [
    { type: 'inventory_started', side: 'source' },
    { type: 'inventory_started', side: 'destination' },
    { type: 'list_finished', side: 'source', kind: 'prompt', objects: 1200 },
    { type: 'inventory_finished', side: 'source', objects: 1200, requests: 2 },
    { type: 'inventory_finished', side: 'destination', objects: 0, requests: 1 },
    { type: 'run_started', run_id: 'r1', lineage: 'l1', resumed: false, actions: 20, rows: 0 },
    ...Array.from({ length: 20 }, (_, index): RunEvent => {
      const address = `prompt.P.p${index}`;
      return { type: 'action_finished', id: `create:${address}`, op: 'create', address, duration_ms: 5 };
    }),
    { type: 'run_finished', run_id: 'r1', exit_code: 0, duration_ms: 20_000 },
  ];

  test('is a bar on a terminal, redrawn in place and gone at the end', async () => {
    const { stderr } = await cli.run(['act'], { ...reporting(many), terminal: 100 });
    const frames = stderr.split('\r\u001b[2K');
    expect(frames).toContain('Reading: 1,200 objects in 1 list');
    expect(frames).toContain('[############............]  50 %  10 of 20 actions, 1.0/s, about 10.0 s left');
    expect(frames.at(-1)).toBe('');
  });

  test('never wraps a line of a narrow terminal', async () => {
    const { stderr } = await cli.run(['act'], { ...reporting(many), terminal: 30 });
    for (const frame of stderr.split('\r\u001b[2K')) expect(frame.length).toBeLessThan(30);
  });

  test('is a plain line every few seconds elsewhere', async () => {
    const { stderr } = await cli.run(['act'], reporting(many));
    expect(stderr.split('\n').filter((line) => line.startsWith('Applying: '))).toEqual([
      'Applying: 25 %  5 of 20 actions, 1.0/s, about 15.0 s left',
      'Applying: 50 %  10 of 20 actions, 1.0/s, about 10.0 s left',
      'Applying: 75 %  15 of 20 actions, 1.0/s, about 5.0 s left',
      'Applying: 100 %  20 of 20 actions, 1.0/s',
    ]);
    expect(stderr).not.toContain('\u001b');
  });

  test('tells of a search for deleted rows, of all containers together', async () => {
    const [address, other] = ['logs.P', 'logs.Q'];
    const requests = { source: 1, destination: 1 };
    const searching: RunEvent[] = [
      { type: 'search_started', address, rows_total: 3_000, requests },
      { type: 'rows_searched', address, side: 'source', rows: 1_000 },
      { type: 'search_started', address: other, rows_total: 500, requests },
      { type: 'search_finished', address, rows: 1 },
      { type: 'rows_searched', address: other, side: 'destination', rows: 250 },
      { type: 'search_finished', address: other, rows: null },
    ];
    const { stderr } = await cli.run(['act'], { ...reporting(searching), terminal: 100 });
    const frames = stderr.split('\r\u001b[2K');
    expect(frames).toContain('Looking for deleted rows: 1,000 of 3,000 rows read');
    // Not drawn once more when the last container is done.
    expect(frames.filter((frame) => frame === 'Looking for deleted rows: 1,250 of 3,500 rows read')).toHaveLength(1);
    expect(frames.at(-1)).toBe('');
  });

  test('is left out with --json, unless a person looks on', async () => {
    expect((await cli.run(['act', '--json'], reporting(many))).stderr).toBe('');
    expect((await cli.run(['act', '--json'], { ...reporting(many), terminal: 80 })).stderr).toContain('50 %');
  });
});

describe('progress of rows', () => {
  const logs = 'logs."Support bot"';
  const batch = (rows: number): RunEvent[] => [
    {
      type: 'request_finished',
      side: 'destination',
      method: 'POST',
      path: '/logs3',
      status: 200,
      duration_ms: 40,
      attempt: 1,
    },
    {
      type: 'rows_copied',
      address: logs,
      rows,
      bytes: rows * 2000,
      kept: 0,
      route: 'staged',
      batch_rows: 17_000,
      batch_bytes: 12_000_000,
    },
  ];
  const copying: RunEvent[] = [
    { type: 'run_started', run_id: 'r1', lineage: 'l1', resumed: false, actions: 2, rows: 40_000 },
    { type: 'copy_started', address: logs, rows_total: 30_000, rows_done: 0 },
    ...Array.from({ length: 5 }, () => batch(4000)).flat(),
    {
      type: 'retry_scheduled',
      side: 'source',
      method: 'POST',
      path: '/btql',
      status: 429,
      code: 'RETRY',
      wait_ms: 100,
      attempt: 1,
    },
    ...batch(4000),
    ...batch(4000),
    { type: 'run_finished', run_id: 'r1', exit_code: 0, duration_ms: 18_000 },
  ];

  test('counts rows, not actions, in a bar on a terminal', async () => {
    const { stderr } = await cli.run(['act'], { ...reporting(copying), terminal: 200 });
    expect(stderr.split('\r\u001b[2K')).toContain(
      '[############............]  50 %  20,000 of 40,000 rows, 1,818/s, 3.6 MB/s, about 11.0 s left, 5 requests, staged batches up to 17,000 rows or 12.0 MB',
    );
  });

  test('names the streams that are being copied, in plain lines', async () => {
    const { stderr } = await cli.run(['act'], reporting(copying));
    expect(stderr).toContain('Applying: 40 %  16,000 of 40,000 rows, 1,600/s, 3.2 MB/s, about 15.0 s left, 5 requests');
    expect(stderr).toContain('\n  logs."Support bot": 16,000 of 30,000 rows, 1,778/s, 3.6 MB/s, about 8.0 s left\n');
  });

  test('is an event every few seconds for programs', async () => {
    const { stderr } = await cli.run(['act', '--log-format', 'json', '--events', 'e'], reporting(copying));
    const events = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const [first, , third] = events.filter(({ type }) => type === 'copy_progress');
    expect(first).toMatchObject({
      rows_done: 8_000,
      rows_total: 40_000,
      bytes_done: 16_000_000,
      rows_per_second: 1600,
      left_ms: 20_000,
      requests: 2,
      retries: 0,
      streams: [
        {
          address: logs,
          rows_done: 8_000,
          rows_total: 30_000,
          rows_per_second: 2000,
          bytes_per_second: 4_000_000,
          left_ms: 11_000,
        },
      ],
    });
    expect(third).toMatchObject({ retries: 1, route: 'staged', batch_rows: 17_000 });
    expect(readFileSync(join(cli.folder, 'e'), 'utf8')).toContain('"copy_progress"');
  });

  test('says what the servers are asked at once, also what was learnt before the run', async () => {
    const [began, begins, ...batches] = copying.slice(0, 6) as [RunEvent, RunEvent, ...RunEvent[]];
    const limited: RunEvent[] = [
      { type: 'host_limits', host: 'api.acme.example', in_flight: 32, wait_ms: 0 },
      { type: 'host_limits', host: 'eu.acme.example', in_flight: 9, wait_ms: 0 },
      began,
      begins,
      { type: 'page_limit', side: 'source', stream: 'logs', container: 'p1', rows: 500 },
      { type: 'host_limits', host: 'api.acme.example', in_flight: 16, wait_ms: 9_000 },
      ...batches,
    ];
    const words = 'pages up to 500 rows, up to 16 + 9 requests at once, told to wait ';
    expect((await cli.run(['act'], { ...reporting(limited), terminal: 300 })).stderr).toContain(words);
    expect((await cli.run(['act'], reporting(limited))).stderr).toContain(words);
    const { stderr } = await cli.run(['act', '--log-format', 'json', '--log-level', 'debug'], reporting(limited));
    const events = stderr.trimEnd().split('\n');
    expect(events.filter((line) => /"(host_limits|page_limit)"/.test(line))).toHaveLength(4);
    const told = events.map((line) => JSON.parse(line)).find(({ type }) => type === 'copy_progress');
    expect(told).toMatchObject({ page_rows: 500, hosts: [{ in_flight: 16 }, { in_flight: 9, wait_ms: 0 }] });
    expect(told.hosts[0].wait_ms).toBeGreaterThan(0);
    expect(told.hosts[0].wait_ms).toBeLessThan(9_000);
  });

  test('goes on from what an earlier run had copied', async () => {
    const resumed: RunEvent[] = [
      { type: 'run_started', run_id: 'r1', lineage: 'l1', resumed: true, actions: 1, rows: 30_000 },
      { type: 'copy_started', address: logs, rows_total: 30_000, rows_done: 10_000 },
      ...batch(5000),
    ];
    const { stderr } = await cli.run(['act'], { ...reporting(resumed), terminal: 200 });
    expect(stderr).toContain(' 50 %  15,000 of 30,000 rows');
  });
});
