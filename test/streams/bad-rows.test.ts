import { afterEach, describe, expect, test } from 'vitest';
import type { OrgWriter } from '../../src/domain/org.ts';
import { type ContainerCopy, RowCopy } from '../support/row-copy.ts';

const MB = 1024 * 1024;

/** Small tickets in transactions of 1,000. */
async function writeTickets(acme: RowCopy, logs: ContainerCopy, count: number, bad: readonly number[]): Promise<void> {
  for (let first = 0; first < count; first += 1000) {
    const rows = Array.from({ length: Math.min(1000, count - first) }, (_, n) => {
      const number = first + n;
      return `"id":"ticket-${number}","input":"${bad.includes(number) ? 'poison' : 'fine'}"`;
    });
    await acme.write('source', logs, rows);
  }
}

/** Refuses every write that holds a bad row, as the service would: all of it. */
function refusePoison(acme: RowCopy): void {
  acme.emulator.faults.add({
    match: { method: 'POST', path: '/logs3', org: 'Acme Prod', bodyIncludes: 'poison' },
    action: { type: 'status', status: 400, body: { Code: 'BadRequestError', Message: 'input is poison' } },
  });
}

describe('rows that the destination does not take', () => {
  let acme: RowCopy;
  afterEach(() => acme.close());

  test('are found by halving, set aside, and cost the others neither place nor order', async () => {
    acme = await RowCopy.start();
    const logs = await acme.logs();
    const bad = [0, 4711, 4712, 11_999];
    await writeTickets(acme, logs, 12_000, bad);
    refusePoison(acme);
    const { ranges } = await acme.copy([logs]);
    expect(ranges).toMatchObject([{ rows: 11_996, quarantined: 4 }]);
    const source = await acme.ids('source', logs);
    expect(await acme.ids('destination', logs)).toEqual(source.filter((_, n) => !bad.includes(n)));
    const items = await acme.store.streams.quarantine();
    expect(new Set(items.map(({ rowId }) => rowId))).toEqual(new Set(bad.map((n) => `ticket-${n}`)));
    for (const { reason, detail, file, container, status } of items) {
      expect({ reason, detail, container, status }).toEqual({
        reason: 'rejected',
        detail: expect.stringContaining('input is poison'),
        container: logs.source,
        status: 'open',
      });
      expect(JSON.parse(acme.quarantined.get(file ?? '') ?? '')).toMatchObject({
        input: 'poison',
        project_id: logs.destination,
      });
    }
    expect((await acme.store.snapshot()).streams).toMatchObject([{ rows: 11_996 }]);
    expect(acme.events.filter(({ type }) => type === 'row_quarantined').length).toBe(4);
  });

  test('cost a few requests among 17,000', async () => {
    // Without staging: how long a write takes must not decide how rows are written.
    const switches = { logs3PayloadMaxBytes: null };
    acme = await RowCopy.start({ switches });
    const logs = await acme.logs();
    await writeTickets(acme, logs, 17_000, []);
    await acme.copy([logs]);
    const before = acme.writes();
    await acme.close();
    acme = await RowCopy.start({ switches });
    const poisoned = await acme.logs();
    await writeTickets(acme, poisoned, 17_000, [12_345]);
    refusePoison(acme);
    await acme.copy([poisoned]);
    expect(await acme.store.streams.quarantine()).toMatchObject([{ rowId: 'ticket-12345' }]);
    expect(acme.writes() - before).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(17_000)) + 5);
  });

  test('are found in a staged batch too, in order', async () => {
    acme = await RowCopy.start();
    const logs = await acme.logs();
    for (let n = 0; n < 12; n++) {
      await acme.write(
        'source',
        logs,
        Array.from({ length: 500 }, (_, i) => {
          const content = n === 9 && i === 77 ? '0.5 or poison' : '0.5 or fine';
          return `"id":"ticket-${n}-${i}","input":"${content}","output":"${'x'.repeat(4000)}"`;
        }),
      );
    }
    // Staged rows are not in the request that writes them: the emulator looks at a number out of range itself.
    const spoil = (writer: OrgWriter): OrgWriter => ({
      ...writer,
      stageRows: (rows) =>
        writer.stageRows({
          ...rows,
          body: rows.body.map((piece) =>
            piece.includes('poison')
              ? Buffer.from(piece.toString().replace('"0.5 or poison"', '0.5 or poison'))
              : piece,
          ),
        }),
    });
    refusePoison(acme);
    const { ranges } = await acme.copy([logs], { wrapWriter: spoil, route: 'staged', windowMb: 16 });
    const routes = acme.events.flatMap((event) => (event.type === 'rows_copied' ? [event.route] : []));
    expect(routes).toContain('staged');
    expect(ranges).toMatchObject([{ rows: 5999, quarantined: 1 }]);
    const source = await acme.ids('source', logs);
    expect(await acme.ids('destination', logs)).toEqual(source.filter((id) => id !== 'ticket-9-77'));
  });

  test('are not millions when the reason is not in the rows: the copy ends and says why', async () => {
    acme = await RowCopy.start({ switches: { skipAsyncScoring: 'reject' } });
    const logs = await acme.logs();
    await writeTickets(acme, logs, 1000, []);
    await expect(acme.copy([logs], { skipAsyncScoring: true })).rejects.toMatchObject({
      code: 'BTM_REQUEST_REJECTED',
      detail: expect.stringContaining('Async scoring'),
      hint: expect.stringContaining('streams.skip_async_scoring'),
    });
    expect(await acme.rows('destination', logs)).toEqual([]);
    expect(await acme.store.streams.quarantine()).toEqual([]);
    expect(acme.quarantined.size).toBe(0);
    // The same pass goes on when it is mended.
    await acme.copy([logs]);
    expect(await acme.ids('destination', logs)).toEqual(await acme.ids('source', logs));
  });

  test('end no copy when they are the first ones and all others are fine', async () => {
    acme = await RowCopy.start();
    const logs = await acme.logs();
    const bad = Array.from({ length: 40 }, (_, n) => n);
    await writeTickets(acme, logs, 1000, bad);
    refusePoison(acme);
    const { ranges } = await acme.copy([logs]);
    expect(ranges).toMatchObject([{ rows: 960, quarantined: 40 }]);
  });

  test('are the same items when they are met again', async () => {
    acme = await RowCopy.start();
    const logs = await acme.logs();
    await writeTickets(acme, logs, 100, [50]);
    refusePoison(acme);
    await acme.copy([logs], { finish: false });
    await acme.copy([logs], { xactAfter: '1000000000000000000' });
    expect((await acme.store.streams.quarantine()).length).toBe(1);
    expect(acme.quarantined.size).toBe(1);
  });
});

describe('large rows', () => {
  let acme: RowCopy;
  afterEach(() => acme.close());

  /** The text of row `huge`, or what the attachment holds that took its place. */
  async function inputOf(row: Record<string, unknown> = {}): Promise<string> {
    const { key } = row.input as { key: string };
    const answer = await acme.destination.object('GET', `/attachment?key=${key}&filename=f&content_type=c`);
    return (await fetch(String(answer.downloadUrl))).text();
  }

  test('above the limit of a request are staged alone, in their place', async () => {
    acme = await RowCopy.start();
    const logs = await acme.logs();
    const input = `"${'é\\n'.repeat(MB)}"`;
    await acme.write('source', logs, ['"id":"a"', `"id":"large","input":${input}`, '"id":"b"']);
    const { ranges } = await acme.copy([logs]);
    expect(ranges).toMatchObject([{ rows: 3, spilled: 0, quarantined: 0 }]);
    expect(await acme.ids('destination', logs)).toEqual(['a', 'large', 'b']);
    expect((await acme.rowTexts('destination', logs))[1]).toContain(`"input":${input}`);
    expect(acme.writes('/logs3/overflow')).toBe(1);
  });

  test('above what the platform takes have their largest field in an attachment, byte for byte', async () => {
    acme = await RowCopy.start({ switches: { logs3PayloadMaxBytes: 64 * MB, maxRowBytes: 40 * MB } });
    const logs = await acme.logs();
    const input = `"${'x'.repeat(21_000_000)}"`;
    await acme.write('source', logs, ['"id":"a"', `"id":"huge","input":${input},"output":1.0`, '"id":"b"']);
    const { ranges } = await acme.copy([logs]);
    expect(ranges).toMatchObject([{ rows: 3, spilled: 1, quarantined: 0 }]);
    const rows = await acme.rows('destination', logs);
    expect(rows.map(({ id }) => id)).toEqual(['a', 'huge', 'b']);
    expect(rows[1]?.input).toMatchObject({ type: 'braintrust_attachment', content_type: 'application/json' });
    expect((await inputOf(rows[1])) === input).toBe(true);
    expect(acme.events).toContainEqual({
      type: 'row_spilled',
      address: 'logs.0',
      row_id: 'huge',
      fields: ['input'],
    });
  });

  test('above what the platform takes are no part of a staged batch, however much that holds', async () => {
    acme = await RowCopy.start({ switches: { maxRowBytes: 40 * MB, logs3PayloadMaxBytes: 64 * MB } });
    const logs = await acme.logs();
    const input = `"${'x'.repeat(19 * MB)}"`;
    await acme.write('source', logs, ['"id":"a"', `"id":"huge","input":${input}`, '"id":"b"']);
    const { ranges } = await acme.copy([logs], { route: 'staged', windowMb: 400 });
    expect(ranges).toMatchObject([{ rows: 3, spilled: 1 }]);
    expect(await acme.ids('destination', logs)).toEqual(['a', 'huge', 'b']);
  });

  test('are spilled where nothing can be staged, and set aside when that does not help', async () => {
    acme = await RowCopy.start({ switches: { logs3PayloadMaxBytes: null } });
    const logs = await acme.logs();
    const input = `"${'x'.repeat(7 * MB)}"`;
    await acme.write('source', logs, [`"id":"huge","input":${input}`]);
    await acme.write('source', logs, [`"id":"tagged","tags":["${'x'.repeat(7 * MB)}"]`, '"id":"b"']);
    acme.emulator.faults.add({
      match: { method: 'POST', path: '/logs3', org: 'Acme Prod', sizeAbove: 6 * MB },
      action: { type: 'status', status: 413 },
    });
    const { ranges } = await acme.copy([logs]);
    expect(ranges).toMatchObject([{ rows: 2, spilled: 1, quarantined: 1 }]);
    const rows = await acme.rows('destination', logs);
    expect(rows.map(({ id }) => id)).toEqual(['huge', 'b']);
    expect((await inputOf(rows[0])) === input).toBe(true);
    expect(await acme.store.streams.quarantine()).toMatchObject([
      { rowId: 'tagged', reason: 'too_large', size: expect.any(Number) },
    ]);
  });
});
