import { afterEach, describe, expect, test } from 'vitest';
import { BtMigrateError } from '../../src/domain/errors.ts';
import { type ContainerCopy, RowCopy } from '../support/row-copy.ts';

async function writeTickets(acme: RowCopy, logs: ContainerCopy, transactions: number, size = 2000): Promise<void> {
  for (let n = 0; n < transactions; n++) {
    const rows = Array.from({ length: 600 }, (_, i) => `"id":"ticket-${n}-${i}","input":"${'x'.repeat(size)}"`);
    await acme.write('source', logs, rows);
  }
}

function routes(acme: RowCopy): string[] {
  return acme.events.flatMap((event) => (event.type === 'rows_copied' ? [event.route] : []));
}

describe('a lane that is interrupted', () => {
  let acme: RowCopy;
  afterEach(() => acme.close());

  test('at any batch goes on behind what was recorded, and sends no recorded row again', async () => {
    acme = await RowCopy.start();
    const logs = await acme.logs();
    await writeTickets(acme, logs, 8);
    const source = await acme.ids('source', logs);
    let interruptions = 0;
    for (let done = false; !done; ) {
      const stop = new AbortController();
      let recorded = 0;
      try {
        await acme.copy([logs], {
          signal: stop.signal,
          onAcknowledged: () => {
            recorded += 1;
            if (recorded === 2) stop.abort(new BtMigrateError('BTM_INTERRUPTED', { detail: 'Ctrl-C.' }));
          },
        });
        done = true;
      } catch (error) {
        expect(error).toMatchObject({ code: 'BTM_INTERRUPTED' });
        interruptions += 1;
        const copied = await acme.ids('destination', logs);
        expect(copied).toEqual(source.slice(0, copied.length));
      }
    }
    expect(interruptions).toBeGreaterThanOrEqual(2);
    expect(await acme.ids('destination', logs)).toEqual(source);
    // Every row was recorded once: what was in flight had ended when the lane did.
    expect((await acme.store.snapshot()).streams).toMatchObject([{ rows: source.length }]);
    const sent = acme.events.reduce((sum, event) => sum + (event.type === 'rows_copied' ? event.rows : 0), 0);
    expect(sent).toBe(source.length);
  });

  test('ends exactly at the last key, although nobody can count what was left', async () => {
    acme = await RowCopy.start();
    const logs = await acme.logs();
    await writeTickets(acme, logs, 6);
    const keys = (await acme.rows('source', logs)).map((row) => row._pagination_key);
    const stop = new AbortController();
    const onAcknowledged = () => stop.abort(new BtMigrateError('BTM_INTERRUPTED', { detail: 'Ctrl-C.' }));
    await expect(acme.copy([logs], { signal: stop.signal, onAcknowledged })).rejects.toThrow();
    const [before] = (await acme.store.snapshot()).unfinished;
    expect(before?.position).not.toBe(keys.at(-1));
    await acme.copy([logs]);
    expect((await acme.store.snapshot()).streams).toMatchObject([{ lastKey: keys.at(-1) }]);
  });

  test('ends exactly at the last key also when the last rows are not written', async () => {
    acme = await RowCopy.start();
    const logs = await acme.logs();
    await writeTickets(acme, logs, 1);
    const [last] = (await acme.rows('source', logs)).slice(-1);
    await acme.write('destination', logs, [`"id":"${String(last?.id)}","input":"reviewed"`]);
    const { ranges } = await acme.copy([logs], {
      collision: { upTo: null },
      wrapReader: (reader) => ({
        ...reader,
        // More than there are: the end has to be proved.
        countRows: async (requests) =>
          (await reader.countRows(requests)).map((count) => ({ ...count, rows: count.rows + 1 })),
      }),
    });
    expect(ranges).toMatchObject([{ rows: 599, kept: 1 }]);
    expect((await acme.store.snapshot()).streams).toMatchObject([{ lastKey: last?._pagination_key }]);
  });

  test('between write and record writes that batch again, which replaces its rows by themselves', async () => {
    acme = await RowCopy.start();
    const logs = await acme.logs();
    await writeTickets(acme, logs, 6);
    let recorded = 0;
    const failing = acme.copy([logs], {
      acknowledge: async (record) => {
        recorded += 1;
        if (recorded === 3) throw new BtMigrateError('BTM_STATE_UNREADABLE', { detail: 'The disk is gone.' });
        await record();
      },
    });
    await expect(failing).rejects.toMatchObject({ code: 'BTM_STATE_UNREADABLE' });
    expect(recorded).toBe(3);
    await acme.copy([logs]);
    expect(await acme.ids('destination', logs)).toEqual(await acme.ids('source', logs));
  });

  test('by a source that is gone has written and recorded what it had read', async () => {
    acme = await RowCopy.start();
    const logs = await acme.logs();
    await writeTickets(acme, logs, 6);
    acme.emulator.faults.add({
      match: { method: 'POST', path: '/btql', org: 'Acme Dev' },
      after: 3,
      action: { type: 'status', status: 401, body: 'The key was revoked' },
    });
    await expect(acme.copy([logs])).rejects.toMatchObject({ code: 'BTM_CREDENTIALS_REJECTED' });
    const copied = await acme.ids('destination', logs);
    acme.emulator.faults.clear();
    const source = await acme.ids('source', logs);
    expect(copied.length).toBeGreaterThan(0);
    expect(copied).toEqual(source.slice(0, copied.length));
    acme.emulator.requests.clear();
    const { ranges } = await acme.copy([logs]);
    expect(ranges).toMatchObject([{ rows: source.length - copied.length }]);
    expect(await acme.ids('destination', logs)).toEqual(source);
  });
});

describe('writes whose answers get lost', () => {
  let acme: RowCopy;
  afterEach(() => acme.close());

  test('are sent again without doubling or moving a row', async () => {
    acme = await RowCopy.start();
    const logs = await acme.logs();
    await writeTickets(acme, logs, 6);
    acme.emulator.faults.add(
      { match: { path: '/logs3', org: 'Acme Prod' }, after: 1, times: 2, action: { type: 'reset', when: 'after' } },
      { match: { path: '/logs3', org: 'Acme Prod' }, after: 1, times: 1, action: { type: 'truncate', bytes: 20 } },
      { match: { path: '/logs3', org: 'Acme Prod' }, after: 2, times: 1, action: { type: 'reset', when: 'before' } },
      { match: { path: '/logs3', org: 'Acme Prod' }, times: 1, action: { type: 'status', status: 500 } },
    );
    const { ranges } = await acme.copy([logs]);
    expect(ranges).toMatchObject([{ rows: 3600, quarantined: 0 }]);
    expect(acme.emulator.faults.list().map(({ hits }) => hits)).toEqual([2, 1, 1, 1]);
    expect(await acme.ids('destination', logs)).toEqual(await acme.ids('source', logs));
  });

  test('to a commit have the batch staged again, because the first upload is gone', async () => {
    acme = await RowCopy.start();
    const logs = await acme.logs();
    await writeTickets(acme, logs, 20);
    acme.emulator.faults.add({
      match: { path: '/logs3', org: 'Acme Prod', bodyIncludes: 'logs3_overflow' },
      times: 1,
      after: 1,
      action: { type: 'reset', when: 'after' },
    });
    const { ranges } = await acme.copy([logs], { route: 'staged', windowMb: 24 });
    expect(ranges).toMatchObject([{ rows: 12_000, quarantined: 0 }]);
    expect(routes(acme)).toContain('staged');
    expect(acme.emulator.faults.list().map(({ hits }) => hits)).toEqual([1]);
    expect(await acme.ids('destination', logs)).toEqual(await acme.ids('source', logs));
  });
});

describe('the route of a lane', () => {
  let acme: RowCopy;
  afterEach(() => acme.close());

  test('by staged batches keeps order while uploads overtake each other', async () => {
    acme = await RowCopy.start();
    const logs = await acme.logs();
    await writeTickets(acme, logs, 20);
    // Uploads end in any order: the second waits until a later one has begun.
    acme.emulator.faults.add({
      id: 'upload',
      match: { method: 'PUT', path: '/object-store/*' },
      times: 1,
      after: 1,
      action: { type: 'hold' },
    });
    const copying = acme.copy([logs], { route: 'staged', windowMb: 24 });
    await acme.emulator.faults.held('upload');
    acme.emulator.faults.release('upload');
    const { ranges } = await copying;
    expect(ranges).toMatchObject([{ rows: 12_000 }]);
    expect(routes(acme).filter((route) => route === 'staged').length).toBeGreaterThan(1);
    expect(await acme.ids('destination', logs)).toEqual(await acme.ids('source', logs));
  });

  test('by staged batches collects rows while one is uploaded, so that few commits carry them', async () => {
    acme = await RowCopy.start();
    const logs = await acme.logs();
    await writeTickets(acme, logs, 20);
    acme.emulator.faults.add({
      id: 'upload',
      match: { method: 'PUT', path: '/object-store/*' },
      times: 1,
      action: { type: 'hold' },
    });
    let pages = 0;
    let lastPage: (() => void) | undefined;
    const allRead = new Promise<void>((resolve) => {
      lastPage = resolve;
    });
    const copying = acme.copy([logs], {
      route: 'staged',
      windowMb: 120,
      wrapReader: (reader) => ({
        ...reader,
        readPage: async (request) => {
          const page = await reader.readPage(request);
          pages += 1;
          if (pages === 12) lastPage?.();
          return page;
        },
      }),
    });
    await acme.emulator.faults.held('upload');
    await allRead;
    expect(acme.writes('/logs3/overflow')).toBe(1);
    acme.emulator.faults.release('upload');
    await copying;
    expect(await acme.ids('destination', logs)).toEqual(await acme.ids('source', logs));
  });

  test('is direct again, with a warning, when a commit gets an older transaction than a write before it', async () => {
    acme = await RowCopy.start();
    const logs = await acme.logs();
    await writeTickets(acme, logs, 20);
    let commits = 0;
    const { ranges } = await acme.copy([logs], {
      route: 'staged',
      windowMb: 24,
      wrapWriter: (writer) => ({
        ...writer,
        commitRows: async (batch) => {
          const { xactId } = await writer.commitRows(batch);
          commits += 1;
          return { xactId: commits === 1 ? '1000000000000000001' : xactId };
        },
      }),
    });
    expect(ranges).toMatchObject([{ rows: 12_000 }]);
    expect(commits).toBeLessThanOrEqual(4);
    expect(routes(acme).at(-1)).toBe('direct');
    expect(acme.events.filter(({ type }) => type === 'warning')).toMatchObject([
      { code: 'BTM_ROW_ORDER', detail: expect.stringContaining('logs.0') },
    ]);
  });

  test.each([400, 404, 413])('falls back to direct inserts where staging is answered with %i', async (status) => {
    acme = await RowCopy.start();
    const logs = await acme.logs();
    await writeTickets(acme, logs, 20);
    const [id = ''] = acme.emulator.faults.add({
      match: { path: '/logs3/overflow' },
      action: { type: 'status', status },
    });
    const { ranges } = await acme.copy([logs], { route: 'staged', windowMb: 24 });
    expect(ranges).toMatchObject([{ rows: 12_000, quarantined: 0 }]);
    expect(acme.emulator.faults.hits(id)).toBeGreaterThan(0);
    // For good, once the server said that it does not stage batches; those under way were announced already.
    if (status !== 413) expect(acme.emulator.faults.hits(id)).toBeLessThanOrEqual(4);
    expect(await acme.ids('destination', logs)).toEqual(await acme.ids('source', logs));
  });
});
