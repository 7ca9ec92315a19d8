import { afterEach, describe, expect, test } from 'vitest';
import { BtMigrateError } from '../../src/domain/errors.ts';
import { type ContainerCopy, RowCopy } from '../support/row-copy.ts';

const EXACT = [
  '9007199254740993',
  '1.0',
  '-0',
  '1e400',
  '"\\u00e9 \\ud800 \\/ é"',
  '{"b":1,"a":2,"b":3}',
  '{"deep":[[{"n":1E-7}]]}',
];

function named(name: string, count: number, size = 0): string[] {
  return Array.from({ length: count }, (_, n) => `"id":"${name}-${n}","input":"${'x'.repeat(size)}"`);
}

/** Ticket rows of 2 KB in transactions of 700. */
async function writeTickets(acme: RowCopy, logs: ContainerCopy, transactions: number): Promise<void> {
  for (let n = 0; n < transactions; n++) await acme.write('source', logs, named(`ticket-${n}`, 700, 2000));
}

describe('a lane', () => {
  let acme: RowCopy;
  afterEach(() => acme.close());

  test('copies rows in their order and records how far it got', async () => {
    acme = await RowCopy.start();
    const logs = await acme.logs();
    await writeTickets(acme, logs, 5);
    const { ranges } = await acme.copy([logs]);
    expect(ranges).toMatchObject([{ rows: 3500, quarantined: 0, kept: 0, known: 0 }]);
    expect(await acme.ids('destination', logs)).toEqual(await acme.ids('source', logs));
    const { streams } = await acme.store.snapshot();
    expect(streams).toMatchObject([{ rows: 3500, bytes: ranges[0]?.bytes, windowRows: 0 }]);
    const copied = acme.events.filter((event) => event.type === 'rows_copied');
    expect(copied.reduce((sum, { rows }) => sum + rows, 0)).toBe(3500);
    expect(acme.events.filter(({ type }) => type === 'copy_started' || type === 'copy_finished')).toMatchObject([
      { type: 'copy_started', rows_total: 3500, rows_done: 0 },
      { type: 'copy_finished', rows: 3500, quarantined: 0 },
    ]);
  });

  test.each(['verbatim', 'normalised'] as const)('keeps what rows hold where rows are %s', async (rowMode) => {
    acme = await RowCopy.start({ switches: { rowMode } });
    const logs = await acme.logs();
    await acme.write(
      'source',
      logs,
      EXACT.map(
        (value, n) =>
          `"id":"r-${n}","span_id":"s-${n}","root_span_id":"s-0","span_parents":["s-0"],"created":"2026-01-05T10:00:00.123Z","input":${value},"tags":["eu"],"scores":{"polite":0.50},"metrics":{"start":1767225600.125},"facets":{"f":"g"},"context":{"x":1},"_custom":null`,
      ),
    );
    await acme.copy([logs]);
    const owned = ['_xact_id', '_pagination_key', 'project_id', 'org_id', 'audit_data'];
    const withoutOwned = (rows: Record<string, unknown>[]): unknown[] =>
      rows.map((row) => Object.fromEntries(Object.entries(row).filter(([key]) => !owned.includes(key))));
    const [source, copy] = [await acme.rows('source', logs), await acme.rows('destination', logs)];
    expect(withoutOwned(copy)).toEqual(withoutOwned(source));
    const texts = await acme.rowTexts('destination', logs);
    if (rowMode === 'verbatim')
      for (const [n, value] of EXACT.entries()) expect(texts[n]).toContain(`"input":${value}`);
  });

  test.each([
    // Every page is several bodies, so that rows wait behind each write however slow this machine is.
    { process: 'waits for them', ms: 120, idle: undefined, flips: true },
    { process: 'is busy meanwhile', ms: 60, idle: () => 0, flips: false },
  ])('chooses its route by itself, and keeps the order: writes take $ms ms, this process $process', async (given) => {
    const { ms, idle, flips } = given;
    acme = await RowCopy.start({ switches: { logs3PayloadMaxBytes: 400_000 } });
    const logs = await acme.logs();
    for (let n = 0; n < 20; n++) await acme.write('source', logs, named(`ticket-${n}`, 300, 1000));
    acme.emulator.latencies.set({ write_rows: ms });
    const { ranges } = await acme.copy([logs], idle === undefined ? {} : { idle });
    expect(ranges).toMatchObject([{ rows: 6000, quarantined: 0 }]);
    const routes = acme.events.flatMap((event) => (event.type === 'rows_copied' ? [event.route] : []));
    expect(routes.slice(0, 3)).toEqual(['direct', 'direct', 'direct']);
    expect(routes.includes('staged')).toBe(flips);
    expect(acme.writes('/logs3/overflow') > 0).toBe(flips);
    expect(await acme.rows('destination', logs)).toHaveLength(6000);
    expect(await acme.ids('destination', logs)).toEqual(await acme.ids('source', logs));
  });

  test('copies containers together without mixing up rows with the same ids', async () => {
    acme = await RowCopy.start();
    const project = await acme.logs();
    const golden = await acme.dataset('Golden', project);
    const edge = await acme.dataset('Edge', project);
    const empty = await acme.dataset('Empty', project);
    for (let n = 0; n < 3; n++) {
      await acme.write('source', golden, named(`case-${n}`, 120, n));
      await acme.write('source', edge, named(`case-${n}`, 90, 100 + n));
    }
    const { ranges } = await acme.copy([golden, edge, empty]);
    expect(ranges.map(({ rows }) => rows)).toEqual([360, 270, 0]);
    for (const dataset of [golden, edge, empty]) {
      const inputs = (rows: Record<string, unknown>[]): unknown[] => rows.map(({ id, input }) => [id, input]);
      expect(inputs(await acme.rows('destination', dataset))).toEqual(inputs(await acme.rows('source', dataset)));
    }
  });

  test('writes of containers that are read together only what is new in each', async () => {
    acme = await RowCopy.start();
    const project = await acme.logs();
    const [golden, edge] = [await acme.dataset('Golden', project), await acme.dataset('Edge', project)];
    await acme.write('source', golden, named('case', 40));
    await acme.copy([golden]);
    const [{ settled = '' } = {}] = (await acme.store.snapshot()).streams;
    await acme.write('source', edge, named('case', 30));
    await acme.write('source', golden, ['"id":"case-3","input":"edited"', '"id":"case-40"']);
    await acme.write('destination', golden, ['"id":"case-5","input":"theirs"']);
    const { ranges } = await acme.copy([golden, edge], { xactAfter: [settled, null] });
    expect(ranges.map(({ rows }) => rows)).toEqual([2, 30]);
    const rows = await acme.rows('destination', golden);
    expect([rows.length, rows[3]?.input, rows[5]?.input]).toEqual([41, 'edited', 'theirs']);
  });

  test('copies in a second pass only what came or was edited since, and nothing in a third', async () => {
    acme = await RowCopy.start();
    const logs = await acme.logs();
    await acme.write('source', logs, named('ticket', 300));
    await acme.copy([logs]);
    const [{ settled = '' } = {}] = (await acme.store.snapshot()).streams;
    await acme.write('source', logs, ['"id":"ticket-7","input":"edited"', '"id":"new","input":"new"']);
    acme.emulator.requests.clear();
    const { ranges } = await acme.copy([logs], { xactAfter: settled });
    expect(ranges).toMatchObject([{ rows: 2 }]);
    expect(acme.writes()).toBe(1);
    const rows = await acme.rows('destination', logs);
    expect([rows.length, rows[7]?.input, rows[300]?.id]).toEqual([301, 'edited', 'new']);
  });

  test('does not write late rows again that it wrote before', async () => {
    acme = await RowCopy.start();
    const logs = await acme.logs();
    await acme.write('source', logs, named('early', 5));
    const [{ _xact_id: settled } = {}] = await acme.rows('source', logs);
    await acme.write('source', logs, named('late', 50));
    await acme.copy([logs], { settled: String(settled) });
    const [progress] = (await acme.store.snapshot()).streams;
    expect(progress).toMatchObject({ windowRows: 50, settled });
    await acme.write('source', logs, ['"id":"late-3","input":"edited"', '"id":"later","input":"new"']);
    const { ranges } = await acme.copy([logs], { xactAfter: String(settled), settled: String(settled) });
    expect(ranges).toMatchObject([{ rows: 2, known: 49 }]);
    expect((await acme.store.snapshot()).streams).toMatchObject([{ windowRows: 51 }]);
    const rows = await acme.rows('destination', logs);
    expect([rows.length, rows[8]?.input]).toEqual([56, 'edited']);
  });

  test('writes several batches at once when order does not matter, and loses none', async () => {
    acme = await RowCopy.start();
    const logs = await acme.logs();
    await writeTickets(acme, logs, 8);
    acme.emulator.faults.add({
      id: 'held',
      match: { method: 'POST', path: '/logs3', org: 'Acme Prod' },
      action: { type: 'hold' },
    });
    const copying = acme.copy([logs], { order: 'relaxed' });
    await acme.emulator.faults.held('held', 4);
    acme.emulator.faults.remove('held');
    const { ranges } = await copying;
    expect(ranges).toMatchObject([{ rows: 5600 }]);
    expect(new Set(await acme.ids('destination', logs))).toEqual(new Set(await acme.ids('source', logs)));
  });

  test('writes at most two batches ahead of what a slow disk has recorded', async () => {
    acme = await RowCopy.start({ switches: { logs3PayloadMaxBytes: 200_000 } });
    const logs = await acme.logs();
    for (let n = 0; n < 12; n++) await acme.write('source', logs, named(`ticket-${n}`, 90, 1000));
    const ahead: number[] = [];
    const acknowledge = async (record: () => Promise<void>): Promise<void> => {
      // As long as it takes the destination to write several batches, if it was given them.
      for (let n = 0; n < 15; n++) await acme.ids('destination', logs);
      ahead.push(acme.writes() - ahead.length);
      await record();
    };
    await acme.copy([logs], { acknowledge });
    expect(ahead.length).toBeGreaterThan(10);
    expect(Math.max(...ahead)).toBe(2);
    expect(await acme.ids('destination', logs)).toEqual(await acme.ids('source', logs));
  });

  test('killed while later batches are written and an earlier one is not goes on before the earlier one', async () => {
    acme = await RowCopy.start();
    const logs = await acme.logs();
    await writeTickets(acme, logs, 8);
    let [begun, others] = [0, 0];
    let tellOthers = (): void => undefined;
    const othersWritten = new Promise<void>((resolve) => {
      tellOthers = resolve;
    });
    const dying = acme.copy([logs], {
      order: 'relaxed',
      finish: false,
      wrapWriter: (writer) => ({
        ...writer,
        insertRows: async (rows) => {
          begun += 1;
          if (begun === 1) {
            await othersWritten;
            throw new BtMigrateError('BTM_UNREACHABLE', { detail: 'The process is gone.' });
          }
          const written = await writer.insertRows(rows);
          others += 1;
          if (others === 3) tellOthers();
          return written;
        },
      }),
    });
    await expect(dying).rejects.toMatchObject({ code: 'BTM_UNREACHABLE' });
    const source = await acme.ids('source', logs);
    const written = await acme.ids('destination', logs);
    expect(written.length).toBeGreaterThan(1000);
    expect(written).not.toContain(source[0]);
    expect((await acme.store.snapshot()).unfinished).toMatchObject([{ position: null, rows: 0 }]);

    expect(await acme.copy([logs], { order: 'relaxed' })).toMatchObject({ ranges: [{ rows: source.length }] });
    const found = await acme.ids('destination', logs);
    expect([found.length, new Set(found)]).toEqual([source.length, new Set(source)]);
  });

  test('goes on with a lane while another one fails', async () => {
    acme = await RowCopy.start();
    const support = await acme.logs();
    const billing = await acme.logs('Billing bot');
    await writeTickets(acme, support, 3);
    await writeTickets(acme, billing, 3);
    acme.emulator.faults.add({
      match: { method: 'POST', path: '/logs3', org: 'Acme Prod', bodyIncludes: billing.destination },
      action: { type: 'status', status: 403, body: { Message: 'Missing write access' } },
    });
    const [first, second] = await Promise.allSettled([acme.copy([support]), acme.copy([billing])]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'BTM_PERMISSION_DENIED' } });
    expect(await acme.ids('destination', support)).toEqual(await acme.ids('source', support));
  });
});
