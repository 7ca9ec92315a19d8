import { afterEach, expect, test } from 'vitest';
import { DESTINATION_KEY } from '../support/migration.ts';
import { type RowContainerOf, writeRows } from '../support/mixed-rows.ts';
import {
  addRows,
  attach,
  attachedText,
  attachmentText,
  bothTexts,
  copiedRows,
  logsOf,
  objectOf,
  ROWS,
  tickets,
} from '../support/seeded-rows.ts';
import { action, migrate, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
afterEach(() => orgs.close());

function failWrites(bodyIncludes: string | null, act: Parameters<TwoOrgs['emulator']['faults']['add']>[0]): string {
  const match = {
    method: 'POST',
    path: '/logs3',
    org: 'Acme Prod',
    ...(bodyIncludes === null ? {} : { bodyIncludes }),
  };
  const [id = ''] = orgs.emulator.faults.add({ ...act, match });
  return id;
}

test('A03 no origin is made up for a row that has none', async () => {
  orgs = await TwoOrgs.start();
  const logs = await logsOf(orgs, 'P', tickets(3));
  await migrate(orgs.migration(ROWS));
  expect((await copiedRows(orgs, logs)).map(({ origin }) => origin ?? null)).toEqual([null, null, null]);
});

test('rows are uploaded together over a far network, and arrive in order', async () => {
  // Every page is several bodies, so that rows wait behind each write however slow this machine is.
  orgs = await TwoOrgs.start({ switches: { logs3PayloadMaxBytes: 400_000 } });
  const rows = tickets(5000, `,"output":"${'x'.repeat(1000)}"`);
  const logs = await logsOf(orgs, 'P', rows.slice(0, 200));
  for (let n = 200; n < rows.length; n += 200) await addRows(orgs, logs, rows.slice(n, n + 200));
  orgs.emulator.latencies.set({ write_rows: 120 });
  await migrate(orgs.migration(ROWS));
  expect(orgs.emulator.requests.matching('POST', '/logs3/overflow').length).toBeGreaterThan(0);
  expect((await copiedRows(orgs, logs)).map(({ id }) => id)).toEqual(rows.map((_, n) => `l${n}`));
});

test('B01 two datasets whose rows have the same ids both arrive whole', async () => {
  orgs = await TwoOrgs.start();
  const { id } = await orgs.project('P');
  const [a, b] = [
    await objectOf(orgs, 'dataset', { project: id, name: 'A' }, tickets(1000)),
    await objectOf(orgs, 'dataset', { project: id, name: 'B' }, tickets(1000, ',"tags":["b"]')),
  ];
  await migrate(orgs.migration(ROWS));
  expect((await copiedRows(orgs, a)).map((row) => [row.id, row.tags ?? null])).toEqual(
    tickets(1000).map((_, n) => [`l${n}`, null]),
  );
  expect((await copiedRows(orgs, b)).map((row) => [row.id, row.tags])).toEqual(
    tickets(1000).map((_, n) => [`l${n}`, ['b']]),
  );
});

test('B03 a row that the server refuses costs itself, is named, and is kept to be sent again', async () => {
  orgs = await TwoOrgs.start();
  const { id } = await orgs.project('P');
  const rows = tickets(10);
  const [a, c] = [
    await objectOf(orgs, 'dataset', { project: id, name: 'A' }, rows),
    await objectOf(orgs, 'dataset', { project: id, name: 'C' }, rows),
  ];
  const b = await objectOf(orgs, 'dataset', { project: id, name: 'B' }, [
    '"id":"row0","input":"poison"',
    ...rows.slice(1),
  ]);
  failWrites('poison', { action: { type: 'status', status: 400, body: 'poison is not accepted' } });
  const migration = orgs.migration(ROWS);
  const run = await migration.apply(await migration.plan());
  expect([
    (await copiedRows(orgs, a)).length,
    (await copiedRows(orgs, b)).length,
    (await copiedRows(orgs, c)).length,
  ]).toEqual([10, 9, 10]);
  expect(run.summary.quarantined).toBe(1);
  expect(run.streams).toContainEqual(expect.objectContaining({ address: 'dataset_rows.P.B', rows: 9, quarantined: 1 }));
  expect(migration.events).toContainEqual(
    expect.objectContaining({ type: 'row_quarantined', address: 'dataset_rows.P.B', row_id: 'row0' }),
  );
  expect([...migration.quarantined.values()].map((body) => JSON.parse(body.toString()))).toMatchObject([
    { id: 'row0', input: 'poison' },
  ]);
});

test('B06 a server that limits writes is waited for, as long as it says, and loses nothing', async () => {
  orgs = await TwoOrgs.start();
  const logs = await logsOf(orgs, 'P', tickets(300));
  const limited = failWrites(null, { times: 12, action: { type: 'status', status: 429, retryAfter: 0.05 } });
  await migrate(orgs.migration(ROWS));
  expect(orgs.emulator.faults.hits(limited)).toBe(12);
  expect((await copiedRows(orgs, logs)).length).toBe(300);
  const sent = orgs.emulator.requests.matching('POST', '/logs3').slice(-13);
  const gaps = sent.slice(1).map(({ at }, n) => at - (sent[n]?.at ?? 0));
  expect(sent.map(({ status }) => status)).toEqual([...Array.from({ length: 12 }, () => 429), 200]);
  // The clock of the log has whole milliseconds.
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(49);
});

test('B07 a server that fails twice is asked again', async () => {
  orgs = await TwoOrgs.start();
  const logs = await logsOf(orgs, 'P', tickets(500));
  failWrites(null, { times: 2, action: { type: 'status', status: 500 } });
  const { run } = await migrate(orgs.migration(ROWS));
  expect(run.summary).toMatchObject({ rows: 500, quarantined: 0 });
  expect((await copiedRows(orgs, logs)).length).toBe(500);
});

test('B15 a row above what the platform takes arrives, its largest field as an attachment with the same bytes', async () => {
  const megabytes = (count: number): number => count * 1024 * 1024;
  // The source may hold what the platform has long stopped taking.
  orgs = await TwoOrgs.start({ switches: { logs3PayloadMaxBytes: megabytes(64), maxRowBytes: megabytes(40) } });
  const input = `"${'x'.repeat(21_000_000)}"`;
  const logs = await logsOf(orgs, 'P', [`"id":"huge","input":${input},"output":1.0`]);
  const { run } = await migrate(orgs.migration(ROWS));
  expect(run.summary).toMatchObject({ rows: 1, quarantined: 0 });
  const [row = {}] = await copiedRows(orgs, logs);
  const { key } = row.input as { key: string };
  const query = `key=${key}&filename=input.json&content_type=application/json`;
  const { downloadUrl } = await orgs.destination.object('GET', `/attachment?${query}`);
  expect((await (await fetch(String(downloadUrl))).text()) === input).toBe(true);
});

test('B17 a row deleted in the source does not come back', async () => {
  orgs = await TwoOrgs.start();
  const logs = await logsOf(orgs, 'P', tickets(4));
  await addRows(orgs, logs, ['"id":"l2","_object_delete":true']);
  await migrate(orgs.migration(ROWS));
  expect((await copiedRows(orgs, logs)).map(({ id }) => id)).toEqual(['l0', 'l1', 'l3']);
});

test('C04 a row that people scored in the destination keeps their score, also when the state is lost', async () => {
  orgs = await TwoOrgs.start();
  const logs = await logsOf(orgs, 'P', tickets(5));
  await migrate(orgs.migration(ROWS));
  const { id } = await orgs.found('destination', '/v1/project', 'P');
  await writeRows({ url: orgs.emulator.url, key: DESTINATION_KEY }, { type: 'project_logs', id, name: 'P' }, [
    '"id":"l1","_is_merge":true,"scores":{"human":1}',
  ]);
  orgs.emulator.requests.clear();
  const { run } = await migrate(orgs.migration(`${ROWS}policy: { into_nonempty: merge }\n`));
  expect((await copiedRows(orgs, logs))[1]).toMatchObject({ id: 'l1', scores: { human: 1 } });
  expect(orgs.emulator.requests.matching('POST', '/logs3')).toEqual([]);
  expect(run.streams).toMatchObject([{ rows: 0, kept: 5 }]);
});

test('C05 the next run brings what was edited and what is new', async () => {
  orgs = await TwoOrgs.start();
  const logs = await logsOf(orgs, 'P', tickets(5));
  const migration = orgs.migration(ROWS);
  await migrate(migration);
  await addRows(orgs, logs, ['"id":"l2","input":"ticket 2","scores":{"late":1}', '"id":"l5"']);
  const { plan, run } = await migrate(migration);
  // The rows of the last minute are seen again, and a count does not tell which of them were edited.
  expect(action(plan, 'copy:logs.P').after).toMatchObject({ pass: 'next', counted: 6, rows: 6 });
  expect(run.summary.rows).toBe(2);
  const rows = await copiedRows(orgs, logs);
  expect([rows.length, rows[2]?.scores, rows[5]?.id]).toEqual([6, { late: 1 }, 'l5']);
});

test('E03 an attachment of five rows is uploaded once, and its bytes are the same', async () => {
  orgs = await TwoOrgs.start();
  await attach(orgs, 'k1', 'Where is my order?');
  const logs = await logsOf(orgs, 'P', tickets(5, `,"output":${attachmentText('k1')}`));
  orgs.emulator.requests.clear();
  await migrate(orgs.migration(ROWS));
  const keys = new Set((await copiedRows(orgs, logs)).map(({ output }) => (output as { key: string }).key));
  expect([keys.size, keys.has('k1')]).toEqual([1, false]);
  expect(orgs.emulator.requests.matching('PUT', '/object-store').length).toBe(1);
  expect(await attachedText(orgs, [...keys][0])).toBe('Where is my order?');
});

test('E13 rows of four containers are on their way at once', async () => {
  orgs = await TwoOrgs.start();
  const all: RowContainerOf[] = [];
  for (const name of ['A', 'B', 'C', 'D']) all.push(await logsOf(orgs, name, tickets(5000)));
  const held = failWrites(null, { action: { type: 'hold' } });
  const migrating = migrate(orgs.migration(ROWS));
  await orgs.emulator.faults.held(held, 4);
  orgs.emulator.faults.remove(held);
  await migrating;
  for (const logs of all)
    expect((await copiedRows(orgs, logs)).map(({ id }) => id)).toEqual(tickets(5000).map((_, n) => `l${n}`));
});

test('E14 sixty datasets cost a few requests, and the limits of the server are asked for once', async () => {
  orgs = await TwoOrgs.start();
  const { id } = await orgs.project('P');
  for (let n = 0; n < 60; n++) await objectOf(orgs, 'dataset', { project: id, name: `Set ${n}` }, tickets(3));
  const migration = orgs.migration(ROWS);
  const plan = await migration.plan();
  orgs.emulator.requests.clear();
  const run = await migration.apply(plan);
  expect(run.summary).toMatchObject({ rows: 180, quarantined: 0 });
  expect(orgs.emulator.requests.matching('GET', '/version').length).toBe(1);
  expect(orgs.emulator.requests.matching('POST', '/logs3').length).toBeLessThanOrEqual(6);
});

test('streams.skip_async_scoring asks on every row that it is not scored, and the rows arrive as they were', async () => {
  orgs = await TwoOrgs.start({ switches: { skipAsyncScoring: 'accept' } });
  const logs = await logsOf(orgs, 'P', tickets(20, ',"scores":{"polite":0.50}'));
  const dataset = await objectOf(orgs, 'dataset', { project: logs.id, name: 'DS' }, tickets(5));
  const experiment = await objectOf(orgs, 'experiment', { project: logs.id, name: 'Run' }, tickets(7));
  for (const asks of [true, false]) {
    orgs.emulator.requests.clear();
    await migrate(
      orgs.migration(`${ROWS}streams: { skip_async_scoring: ${asks} }\npolicy: { into_nonempty: merge }\n`),
    );
    const sent = orgs.emulator.requests.matching('POST', '/logs3').filter(({ org }) => org === 'Acme Prod');
    const rows = sent.flatMap(({ body }) => (JSON.parse(body ?? '') as { rows: object[] }).rows);
    expect(rows).toHaveLength(asks ? 32 : 1);
    for (const row of rows) expect('_skip_async_scoring' in row && row._skip_async_scoring).toBe(asks);
    for (const container of [logs, dataset, experiment]) {
      const { source, destination } = await bothTexts(orgs, container);
      expect([...destination]).toEqual([...source]);
    }
    // What comes next is copied without a state, so that only this row is written.
    await addRows(orgs, logs, ['"id":"next"']);
  }
});
