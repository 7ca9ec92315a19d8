import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { peakMemory } from '../soak/peak-memory.ts';
import { type AcmeFolder, AcmeProcess } from '../support/acme-process.ts';
import { type RowContainerOf, writeRows } from '../support/mixed-rows.ts';

const LOGS = 'logs."Support bot"';
/** Above the 128 MB at which an answer is left. */
const GIANT = 135_000_000;
/** MB that an apply of so little takes at most (docs/reliability.md), and what is read of an answer that announces so much. */
const [ORDINARY_MB, SAMPLE_MB] = [140, 4];

let acme: AcmeProcess;
let folder: AcmeFolder;
let logs: RowContainerOf;
beforeEach(async () => {
  acme = await AcmeProcess.start();
  const { id } = await acme.source.object('POST', '/v1/project', { name: 'Support bot' });
  logs = { type: 'project_logs', id, name: 'Support bot' };
  folder = acme.folder('resources: { include: [projects, logs] }\n');
});
afterEach(() => acme.stop());

async function write(...rows: string[]): Promise<void> {
  await writeRows({ url: acme.url, key: acme.keys[0] }, logs, rows);
}

function tickets(name: string): string[] {
  return Array.from({ length: 200 }, (_, n) => `"id":"${name}-${n}","input":"ticket"`);
}

async function json(code: number, ...argv: string[]): Promise<Record<string, unknown>> {
  const ended = await folder.run([...argv, '--json']);
  expect([argv, ended.code, ended.stderr]).toEqual([argv, code, expect.any(String)]);
  return JSON.parse(ended.stdout);
}

function itemOf(document: Record<string, unknown>): unknown {
  return (document.items as { address: string }[]).find(({ address }) => address === LOGS);
}

async function idsThere(): Promise<unknown[]> {
  const [project] = await acme.destination.list('/v1/project');
  const query = `select: id | from: project_logs('${project?.id}') spans | sort: _pagination_key asc`;
  const { data } = await acme.destination.object('POST', '/btql', { query });
  return (data as { id: string }[]).map(({ id }) => id);
}

describe('a row of which the source sends more than is read of any answer', () => {
  test('is set aside by its names, the others arrive, and every command says so', async () => {
    await write(...tickets('before'), '"id":"giant","input":"giant body"', ...tickets('after'));
    await acme.fault({
      match: { path: '/btql', answerIncludes: 'giant body' },
      action: { type: 'swell', bytes: GIANT },
    });
    await folder.ok('plan', '-o', 'plan.out');
    const running = folder.start(['apply', 'plan.out', '--json']);
    const isTold = process.platform === 'linux';
    const [peak, applied] = await Promise.all([isTold ? peakMemory(running) : 0, running.finished]);
    expect(applied.code).toBe(3);
    expect(JSON.parse(applied.stdout)).toMatchObject({
      summary: { rows: 400, quarantined: 1, failed: 0 },
      streams: [{ address: LOGS, rows: 400, quarantined: 1 }],
    });
    expect(peak).toBeLessThan(ORDINARY_MB + 4 * SAMPLE_MB);
    const ids = ['before', 'after'].flatMap((name) => tickets(name).map((_, n) => `${name}-${n}`));
    expect(await idsThere()).toEqual(ids);

    const item = { row_id: 'giant', reason: 'unreadable', file: null };
    const { items } = await json(0, 'quarantine', 'list');
    expect(items).toMatchObject([{ ...item, status: 'open', detail: expect.stringContaining('128 MB') as string }]);
    expect((items as { bytes: number }[])[0]?.bytes).toBeGreaterThan(GIANT);
    const { code, stdout } = await folder.run(['quarantine', 'retry']);
    expect(code).toBe(3);
    expect(stdout).toContain(
      'row giant still cannot be read from the source. For this row alone the source sends more than can be taken.',
    );
    expect(await json(3, 'quarantine', 'retry')).toMatchObject({ items: [{ ...item, outcome: 'unreadable' }] });
    for (const level of ['content', 'hash']) {
      expect(itemOf(await json(9, 'verify', '--level', level))).toMatchObject({
        symbol: '+',
        source_rows: 401,
        destination_rows: 400,
        first_difference: { row: 'giant', what: 'missing' },
      });
    }

    // The next run does not stop there again.
    await write('"id":"news","input":"ticket"');
    await folder.ok('plan', '-o', 'next.out');
    expect(await json(0, 'apply', 'next.out')).toMatchObject({ summary: { rows: 1 } });
    expect(await json(0, 'quarantine', 'list')).toMatchObject({ items: [item] });

    await acme.clearFaults();
    expect(await json(0, 'quarantine', 'retry')).toMatchObject({ items: [{ ...item, outcome: 'sent' }] });
    expect(await idsThere()).toEqual([...ids, 'news', 'giant']);
    await json(0, 'verify', '--level', 'content');
    await json(0, 'state', 'check');
  }, 120_000);

  test('that became so after it was copied is kept as it was, and differs', async () => {
    await write('"id":"giant","input":"small"', ...tickets('after'));
    await folder.ok('plan', '-o', 'plan.out');
    await folder.ok('apply', 'plan.out');
    await write('"id":"giant","input":"giant body"');
    await acme.fault({
      match: { path: '/btql', answerIncludes: 'giant body' },
      action: { type: 'swell', bytes: GIANT },
    });
    await folder.ok('plan', '-o', 'next.out');
    expect(await json(3, 'apply', 'next.out')).toMatchObject({ summary: { rows: 0, quarantined: 1 } });
    expect(itemOf(await json(9, 'verify', '--level', 'content'))).toMatchObject({
      symbol: '*',
      first_difference: { row: 'giant', path: null, what: 'changed' },
    });
  }, 120_000);
});
