import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunEvent } from '../../src/domain/event.ts';
import { AcmeProcess } from '../support/acme-process.ts';
import { type RowContainerOf, writeRows } from '../support/mixed-rows.ts';

let acme: AcmeProcess;
beforeEach(async () => {
  acme = await AcmeProcess.start();
});
afterEach(() => acme.stop());

/** Logs of a project of the source with so many rows of about so many bytes. */
async function seedLogs(count: number, bytes: number): Promise<void> {
  const { id } = await acme.source.object('POST', '/v1/project', { name: 'P' });
  const logs: RowContainerOf = { type: 'project_logs', id, name: 'P' };
  const text = 'Where is my order? '.repeat(Math.ceil(bytes / 19)).slice(0, bytes);
  const most = Math.max(1, Math.floor(2_000_000 / bytes));
  for (let from = 0; from < count; from += most) {
    const rows = Array.from(
      { length: Math.min(most, count - from) },
      (_, n) => `"id":"l${from + n}","input":"${text}"`,
    );
    await writeRows({ url: acme.url, key: acme.keys[0] }, logs, rows);
  }
}

async function copiedProject(): Promise<string> {
  return (await acme.destination.list('/v1/project'))[0]?.id ?? '';
}

async function rowsThere(): Promise<number> {
  const query = `measures: count(1) as rows | from: project_logs('${await copiedProject()}') spans`;
  const { data } = await acme.destination.object('POST', '/btql', { query });
  return Number((data as { rows: number }[])[0]?.rows ?? 0);
}

/** Ids of the rows that are there, in order of keys. */
async function idsThere(): Promise<unknown[]> {
  const query = `select: id | from: project_logs('${await copiedProject()}') spans | sort: _pagination_key asc`;
  const { data } = await acme.destination.object('POST', '/btql', { query });
  return (data as { id: string }[]).map(({ id }) => id);
}

test('C01 12,000 rows survive a kill at 7,000, and at most one batch is written twice', async () => {
  await seedLogs(12_000, 2000);
  // Writes that are held look slow, and slow writes become large: no larger than that one of them crosses 7,000.
  const folder = acme.folder('resources: { include: [projects, logs] }\nlimits: { memory_mb: 32 }\n');
  await folder.ok('plan', '-o', 'plan.out');
  // Stored and not yet answered: the worst moment to die.
  const match = { method: 'POST', path: '/logs3', org: 'Acme Prod' };
  const hold = await acme.fault({ match, action: { type: 'hold', when: 'after' } });
  const running = folder.start(['apply', 'plan.out']);
  await acme.held(hold);
  let [answered, stored] = [0, await rowsThere()];
  while (stored < 7000) {
    answered = stored;
    await acme.control('POST', 'faults/release', { id: hold });
    await acme.held(hold);
    stored = await rowsThere();
  }
  running.process.kill('SIGKILL');
  await running.finished;
  await acme.abandon(hold);
  expect(stored).toBeLessThan(12_000);

  const resumed = await folder.ok('apply', 'plan.out', '--json', '--events', 'events.ndjson');
  expect(JSON.parse(resumed.stdout)).toMatchObject({ resumed: true, summary: { rows: 12_000, quarantined: 0 } });
  expect(await idsThere()).toEqual(Array.from({ length: 12_000 }, (_, n) => `l${n}`));
  const events = folder.read('events.ndjson').trimEnd().split('\n');
  const sent = events
    .map((line) => JSON.parse(line) as RunEvent)
    .reduce((sum, event) => sum + (event.type === 'rows_copied' ? event.rows : 0), 0);
  // Only the batch that was stored and not answered.
  expect(sent - (12_000 - stored)).toBeLessThanOrEqual(stored - answered);
}, 300_000);

// How much memory a process had at most is told by every system in another unit.
test.skipIf(process.platform !== 'linux')(
  'E15 400 rows of 200 kB are copied within 150 MB',
  async () => {
    await seedLogs(400, 200_000);
    const folder = acme.folder();
    const path = join(folder.files.folder, 'rss.txt');
    const tell = `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(path)}, String(process.resourceUsage().maxRSS)))`;
    const preload = folder.files.write('tell-memory.cjs', tell);
    const applied = await folder.run(['apply', '--auto-approve', '--json'], { NODE_OPTIONS: `--require ${preload}` });
    expect(applied.code).toBe(0);
    expect(JSON.parse(applied.stdout).summary).toMatchObject({ rows: 400, quarantined: 0 });
    expect(await rowsThere()).toBe(400);
    expect(Number(readFileSync(path, 'utf8')) / 1024).toBeLessThan(150);
  },
  120_000,
);
