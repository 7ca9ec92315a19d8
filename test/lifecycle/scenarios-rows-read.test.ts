import { afterEach, describe, expect, test } from 'vitest';
import type { FaultRule } from '../../emulator/faults/fault-rule.ts';
import type { RowRecord } from '../../emulator/rows/row-dump.ts';
import { mixedRow, type RowContainerOf } from '../support/mixed-rows.ts';
import { bothTexts, copiedRows, logsOf, objectOf, ROWS, rowsOf, tickets } from '../support/seeded-rows.ts';
import { action, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
afterEach(() => orgs.close());

/** Lets reads of the source's rows fail. */
function failReads(rule: Omit<FaultRule, 'match'> & { readonly match?: FaultRule['match'] }): string {
  const match = { method: 'POST', path: '/btql', org: 'Acme Dev', ...rule.match };
  const [id = ''] = orgs.emulator.faults.add({ ...rule, match });
  return id;
}

/** Replaces all rows by these. */
function plant({ type, id }: RowContainerOf, rows: readonly RowRecord[]): void {
  orgs.emulator.load({ ...orgs.emulator.dump(), rows: [{ container: { type, id }, rows }] });
}

function key(n: number): string {
  return `p${String(7_571_852_588_647_645_184n + BigInt(n)).padStart(20, '0')}`;
}

async function expectEqual(logs: RowContainerOf, count: number): Promise<void> {
  const { source, destination } = await bothTexts(orgs, logs);
  expect([...destination]).toEqual([...source]);
  expect(destination.size).toBe(count);
}

async function idsOfCopy(container: RowContainerOf): Promise<unknown[]> {
  return (await copiedRows(orgs, container)).map(({ id }) => id);
}

test('A01 every field of a row arrives, of a dataset and of logs', async () => {
  orgs = await TwoOrgs.start();
  const span = (n: number) =>
    [
      `"id":"r${n}","span_id":"s${n}","root_span_id":"s0"${n === 0 ? '' : ',"span_parents":["s0"]'}`,
      `"input":{"question":"Where is order ${n}?"},"output":"Tomorrow","expected":{"answer":[${n}]}`,
      '"metadata":{"model":"gpt-5-mini"},"tags":["billing","late"],"scores":{"tone":0.75}',
      '"metrics":{"start":1767225600.25,"end":1767225601.5,"prompt_tokens":17}',
      `"context":{"caller_filename":"a.py"},"created":"2026-01-0${n + 1}T10:00:00.123Z"`,
      '"span_attributes":{"type":"llm","name":"answer"},"error":"timed out"',
    ].join(',');
  const item = (n: number) =>
    `"id":"d${n}","input":{"n":${n}},"expected":"yes","metadata":{"from":"ann"},"tags":["golden"],"created":"2025-12-0${n + 1}T00:00:00.000Z"`;
  const logs = await logsOf(orgs, 'P', [span(0), span(1), span(2)]);
  const dataset = await objectOf(orgs, 'dataset', { project: logs.id, name: 'DS' }, [0, 1, 2, 3, 4].map(item));
  await migrate(orgs.migration(ROWS));
  const fields =
    'id input output expected output metadata tags scores metrics context created span_id root_span_id span_parents span_attributes error';
  const shown = (row: Record<string, unknown>) => fields.split(' ').map((field) => [field, row[field] ?? null]);
  for (const [container, count] of [
    [logs, 3],
    [dataset, 5],
  ] as const) {
    const copies = (await copiedRows(orgs, container)).map(shown);
    expect(copies).toEqual((await rowsOf(orgs, 'source', container)).map(shown));
    expect(copies.length).toBe(count);
  }
});

test('B08 30,000 rows arrive with the largest buffer that the spec allows', async () => {
  orgs = await TwoOrgs.start();
  const logs = await logsOf(orgs, 'P', tickets(30_000));
  await migrate(orgs.migration(`${ROWS}limits: { memory_mb: 65536 }\n`));
  await expectEqual(logs, 30_000);
}, 120_000);

test('B10 rows without a key arrive, and reading them ends', async () => {
  orgs = await TwoOrgs.start();
  const logs = await logsOf(orgs, 'P', []);
  plant(
    logs,
    ['a', 'b', 'c', 'd', 'e'].map((id) => ({ _pagination_key: null, row: { id, input: `ticket ${id}` } })),
  );
  orgs.emulator.requests.clear();
  const migration = orgs.migration(ROWS);
  await migrate(migration);
  expect((await idsOfCopy(logs)).sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(orgs.emulator.requests.matching('POST', '/btql').length).toBeLessThan(20);
  expect(pending(await migration.plan())).toEqual([]);
});

test('B11 a server that gives no more than 125 rows at once is found out with few failures', async () => {
  orgs = await TwoOrgs.start();
  const logs = await logsOf(orgs, 'P', tickets(1000));
  const failing = failReads({ match: { limitAbove: 125 }, action: { type: 'status', status: 504 } });
  await migrate(orgs.migration(ROWS));
  await expectEqual(logs, 1000);
  expect(orgs.emulator.faults.hits(failing)).toBeGreaterThan(0);
  expect(orgs.emulator.faults.hits(failing)).toBeLessThanOrEqual(6);
});

test('B12 of the logs exactly the rows of the window are copied', async () => {
  orgs = await TwoOrgs.start();
  const days = Array.from({ length: 10 }, (_, n) => String(n + 1).padStart(2, '0'));
  const logs = await logsOf(
    orgs,
    'P',
    days.map((day) => `"id":"d${day}","input":1,"created":"2026-01-${day}T00:00:00.000Z"`),
  );
  const migration = orgs.migration(
    `${ROWS}streams: { logs: { created_after: 2026-01-03, created_before: 2026-01-06 } }\n`,
  );
  const { plan } = await migrate(migration);
  expect(action(plan, 'copy:logs.P').after).toMatchObject({ counted: 3 });
  expect(await idsOfCopy(logs)).toEqual(['d03', 'd04', 'd05']);
  expect(pending(await migration.plan())).toEqual([]);
});

test('B13 experiments are selected by their own date, whatever the dates of their rows', async () => {
  orgs = await TwoOrgs.start();
  const { id: project } = await orgs.project('P');
  const made = async (name: string, date: string) => {
    orgs.emulator.clock.freeze(Date.parse(date));
    return objectOf(orgs, 'experiment', { project, name }, [`"id":"r","input":1,"created":"${date}"`]);
  };
  await made('old', '2020-01-01T00:00:00.000Z');
  const fresh = await made('new', '2026-01-01T00:00:00.000Z');
  await migrate(orgs.migration(`${ROWS}streams: { experiments: { created_after: 2025-01-01 } }\n`));
  expect((await orgs.destination.list('/v1/experiment')).map(({ name }) => name)).toEqual(['new']);
  await expectEqual(fresh, 1);
});

test('B14 a query of a window that fails once is asked again', async () => {
  orgs = await TwoOrgs.start();
  const logs = await logsOf(orgs, 'P', tickets(5));
  const failing = failReads({ times: 1, action: { type: 'status', status: 500 } });
  const { run } = await migrate(orgs.migration(`${ROWS}streams: { logs: { created_after: 2020-01-01 } }\n`));
  expect(orgs.emulator.faults.hits(failing)).toBe(1);
  expect(run.summary).toMatchObject({ rows: 5, quarantined: 0 });
  await expectEqual(logs, 5);
});

test('of a server that limits requests large rows are read in fewer, larger pages', async () => {
  const requests: number[] = [];
  for (const times of [0, 1]) {
    orgs = await TwoOrgs.start({ switches: { logs3PayloadMaxBytes: 64 * 1024 * 1024 } });
    const logs = await logsOf(orgs, 'P', tickets(600, `,"output":"${'x'.repeat(20_000)}"`));
    const migration = orgs.migration(ROWS);
    const plan = await migration.plan();
    failReads({ times, action: { type: 'status', status: 429, retryAfter: 0.01 } });
    orgs.emulator.requests.clear();
    await migration.apply(plan);
    const asked = orgs.emulator.requests
      .matching('POST', '/btql')
      .map(({ org, body }) => (org === 'Acme Dev' ? Number(/limit: (\d+)/.exec(body ?? '')?.[1] ?? 0) : 0));
    // The first page is asked for before anybody knows how large rows are.
    requests.push(Math.max(...asked.filter((rows) => rows < 1000)));
    await expectEqual(logs, 600);
    if (times === 0) await orgs.close();
  }
  const [unlimited = 0, limited = 0] = requests;
  expect(unlimited).toBeLessThan(250);
  expect(limited).toBeGreaterThan(300);
});

describe('nothing is lost or doubled when', () => {
  test('the rows of three streams hold what no JavaScript number or string can', async () => {
    orgs = await TwoOrgs.start();
    const rows = Array.from({ length: 200 }, (_, n) => mixedRow(n));
    const logs = await logsOf(orgs, 'P', rows);
    const dataset = await objectOf(orgs, 'dataset', { project: logs.id, name: 'DS' }, rows);
    const experiment = await objectOf(orgs, 'experiment', { project: logs.id, name: 'E' }, rows);
    await migrate(orgs.migration(ROWS));
    for (const container of [logs, dataset, experiment]) await expectEqual(container, 200);
    const text = (await bothTexts(orgs, experiment)).destination.get('"row-0"');
    for (const exact of ['9007199254740993', '1.0', '-0', '1e400', '5e-324']) expect(text).toContain(exact);
  });

  test('pages are shorter than asked, and rows share a key where they end', async () => {
    orgs = await TwoOrgs.start();
    const logs = await logsOf(orgs, 'P', []);
    // Seven rows of each key, so that pages of five end within one, and pages of ten in the next.
    const rows = Array.from({ length: 70 }, (_, n) => ({
      _pagination_key: key(Math.floor(n / 7)),
      row: { id: `l${String(n).padStart(2, '0')}`, input: `ticket ${n}` },
    }));
    for (const cap of [5, 10]) {
      const fresh = orgs.migration(ROWS);
      plant(logs, rows);
      orgs.emulator.setVisibility({ rowPageCap: cap });
      await migrate(fresh);
      orgs.emulator.setVisibility({ rowPageCap: null });
      const ids = await idsOfCopy(logs);
      expect([...ids].sort(), `pages of ${cap}`).toEqual(rows.map(({ row }) => row.id));
      const keys = new Map(rows.map(({ row, _pagination_key }) => [row.id, _pagination_key]));
      const order = ids.map((id) => keys.get(String(id)));
      expect(order, `pages of ${cap}`).toEqual([...order].sort());
    }
  });

  test('rows with keys stand beside rows without one, whichever come first', async () => {
    for (const missingKeys of ['first', 'last'] as const) {
      orgs = await TwoOrgs.start({ switches: { missingKeys } });
      const logs = await logsOf(orgs, 'P', []);
      const rows = Array.from({ length: 40 }, (_, n) => ({
        _pagination_key: n % 4 === 0 ? null : key(n),
        row: { id: `l${n}`, input: `ticket ${n}` },
      }));
      plant(logs, rows);
      orgs.emulator.setVisibility({ rowPageCap: 7 });
      await migrate(orgs.migration(ROWS));
      orgs.emulator.setVisibility({ rowPageCap: null });
      expect((await idsOfCopy(logs)).sort(), missingKeys).toEqual(rows.map(({ row }) => row.id).sort());
      if (missingKeys === 'first') await orgs.close();
    }
  });

  test('the server gives no answer above a size (413), cuts answers, and drops connections', async () => {
    orgs = await TwoOrgs.start();
    const logs = await logsOf(orgs, 'P', tickets(1500, `,"output":"${'x'.repeat(500)}"`));
    const rules = [
      failReads({ match: { limitAbove: 300 }, action: { type: 'status', status: 413 } }),
      failReads({ after: 3, times: 1, action: { type: 'truncate', bytes: 5000 } }),
      failReads({ after: 5, times: 1, action: { type: 'reset', when: 'after' } }),
      failReads({ after: 6, times: 1, action: { type: 'garbage' } }),
    ];
    await migrate(orgs.migration(ROWS));
    for (const rule of rules) expect(orgs.emulator.faults.hits(rule)).toBeGreaterThan(0);
    await expectEqual(logs, 1500);
  });

  test('the service keeps several versions of a row', async () => {
    orgs = await TwoOrgs.start();
    const logs = await logsOf(orgs, 'P', [...tickets(20), ...tickets(20, ',"output":"second"')]);
    await migrate(orgs.migration(ROWS));
    expect((await copiedRows(orgs, logs)).map(({ id, output }) => [id, output])).toEqual(
      Array.from({ length: 20 }, (_, n) => [`l${n}`, 'second']),
    );
  });
});
