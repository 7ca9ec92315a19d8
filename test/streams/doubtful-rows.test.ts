import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BtMigrateError } from '../../src/domain/errors.ts';
import { type ContainerCopy, type CopyOptions, namedRows, RowCopy } from '../support/row-copy.ts';

const killed = { code: 'BTM_STATE_UNREADABLE' };

async function dies(): Promise<never> {
  throw new BtMigrateError('BTM_STATE_UNREADABLE', { detail: 'The process is gone.' });
}

/** Records so many batches, and no further one. */
function diesAfter(batches: number): NonNullable<CopyOptions['acknowledge']> {
  let recorded = 0;
  return (record) => (recorded++ < batches ? record() : dies());
}

describe('rows of a first copy that were in flight when a run was killed', () => {
  let acme: RowCopy;
  let logs: ContainerCopy;
  beforeEach(async () => {
    acme = await RowCopy.start();
    logs = await acme.logs();
  });
  afterEach(() => acme.close());

  async function inputs(of = logs): Promise<Map<unknown, unknown>> {
    return new Map((await acme.rows('destination', of)).map(({ id, input }) => [id, input]));
  }

  const edit = (...rows: string[]): Promise<void> => acme.write('destination', logs, rows);

  /** Copies 600 rows; the answer to the write is there, and its record is not. */
  async function killedCopy(options: CopyOptions = {}): Promise<void> {
    await acme.write('source', logs, namedRows('ticket', 600, 'first'));
    await expect(acme.copy([logs], { acknowledge: dies, ...options })).rejects.toMatchObject(killed);
    expect((await inputs()).size).toBe(600);
    acme.emulator.requests.clear();
  }

  /** Copies what is new in the source since the pass before, as the next apply does. */
  async function nextPass(): ReturnType<RowCopy['copy']> {
    const [found] = (await acme.store.snapshot()).streams;
    return acme.copy([logs], { xactAfter: found?.settled ?? '', collision: { upTo: found?.lastKey ?? null } });
  }

  test('are sent again where nobody touched them', async () => {
    await killedCopy();
    const { ranges } = await acme.copy([logs]);
    expect(ranges).toMatchObject([{ rows: 600, kept: 0 }]);
    // Counted, counted by transaction, and named: none of them is read.
    expect(acme.writes('/btql')).toBe(3);
  });

  test('stay as somebody edited them before the run goes on', async () => {
    await killedCopy();
    await edit('"id":"ticket-7","input":"reviewed"', '"id":"theirs","input":"own"');
    const { ranges } = await acme.copy([logs]);
    expect(ranges).toMatchObject([{ rows: 599, kept: 1 }]);
    const found = await inputs();
    expect([found.get('ticket-7'), found.get('theirs'), found.get('ticket-8')]).toEqual(['reviewed', 'own', 'first']);
    expect(found.size).toBe(601);
    await acme.write('source', logs, namedRows('ticket', 10, 'second'));
    expect((await nextPass()).ranges).toMatchObject([{ rows: 9, kept: 1 }]);
    expect((await inputs()).get('ticket-7')).toBe('reviewed');
  });

  test('stay as they were edited by whoever wrote others again with them, unchanged', async () => {
    await killedCopy();
    await edit('"id":"ticket-7","input":"reviewed"', ...namedRows('ticket', 100, 'first', 8));
    expect((await acme.copy([logs])).ranges).toMatchObject([{ rows: 599, kept: 1 }]);
    await acme.write('source', logs, namedRows('ticket', 20, 'second'));
    expect((await nextPass()).ranges).toMatchObject([{ rows: 19, kept: 1 }]);
    expect((await inputs()).get('ticket-7')).toBe('reviewed');
  });

  test('stay as they were edited also when another run is killed in between', async () => {
    await acme.write('source', logs, namedRows('ticket', 600, 'first'));
    await acme.write('source', logs, namedRows('later', 600, 'first'));
    await expect(acme.copy([logs], { acknowledge: dies })).rejects.toMatchObject(killed);
    await edit('"id":"ticket-7","input":"reviewed"');
    await expect(acme.copy([logs], { acknowledge: dies })).rejects.toMatchObject(killed);
    expect((await inputs()).get('ticket-7')).toBe('reviewed');
    await edit('"id":"later-7","input":"reviewed"');
    expect((await acme.copy([logs])).ranges).toMatchObject([{ rows: 1198, kept: 2 }]);
    const found = await inputs();
    expect([found.get('ticket-7'), found.get('later-7'), found.get('ticket-8')]).toEqual([
      'reviewed',
      'reviewed',
      'first',
    ]);
  });

  test.each(['verbatim', 'normalised'] as const)(
    'are ours also when they were sent twice, rows %s',
    async (rowMode) => {
      await acme.close();
      acme = await RowCopy.start({ switches: { rowMode } });
      logs = await acme.logs();
      acme.emulator.faults.add({
        match: { path: '/logs3', org: 'Acme Prod' },
        times: 1,
        action: { type: 'reset', when: 'after' },
      });
      await killedCopy();
      await edit('"id":"ticket-7","input":"reviewed"');
      expect((await acme.copy([logs])).ranges).toMatchObject([{ rows: 599, kept: 1 }]);
      expect((await inputs()).get('ticket-7')).toBe('reviewed');
    },
  );

  test('get what the source says by then, in the next pass', async () => {
    await killedCopy();
    await acme.write('source', logs, namedRows('ticket', 5, 'second'));
    expect((await acme.copy([logs])).ranges).toMatchObject([{ rows: 595, kept: 0 }]);
    expect((await nextPass()).ranges).toMatchObject([{ rows: 5, kept: 0 }]);
    const found = await inputs();
    expect([found.get('ticket-4'), found.get('ticket-5')]).toEqual(['second', 'first']);
  });

  test('get what the source says later also when they had been sent twice, and stay where somebody edited one', async () => {
    acme.emulator.faults.add({
      match: { path: '/logs3', org: 'Acme Prod' },
      times: 1,
      action: { type: 'reset', when: 'after' },
    });
    await killedCopy();
    await edit('"id":"ticket-9","input":"reviewed"');
    await acme.copy([logs]);
    await acme.write('source', logs, namedRows('ticket', 10, 'second'));
    expect((await nextPass()).ranges).toMatchObject([{ rows: 9, kept: 1 }]);
  });

  test('are told apart also when a field of one became an attachment', async () => {
    await acme.close();
    const MB = 1024 * 1024;
    acme = await RowCopy.start({ switches: { maxRowBytes: 40 * MB, logs3PayloadMaxBytes: 64 * MB } });
    logs = await acme.logs();
    await acme.write('source', logs, [`"id":"ticket-0","input":"${'x'.repeat(19 * MB)}"`]);
    await acme.write('source', logs, namedRows('ticket', 10, 'first', 1));
    await expect(acme.copy([logs], { acknowledge: diesAfter(1) })).rejects.toMatchObject(killed);
    expect((await acme.store.snapshot()).unfinished).toMatchObject([{ rows: 0 }]);
    expect(await acme.ids('destination', logs)).toContain('ticket-0');
    expect((await acme.copy([logs])).ranges).toMatchObject([{ rows: 11, kept: 0, spilled: 1 }]);
  });

  test('are told apart where batches were staged', async () => {
    for (let n = 0; n < 20; n++) await acme.write('source', logs, namedRows(`ticket-${n}`, 600, 'x'.repeat(2000)));
    const staged = { route: 'staged', windowMb: 24 } as const;
    // A batch is staged while another one is written: the first write is answered when the second batch is announced.
    const { faults } = acme.emulator;
    for (const path of ['/logs3', '/logs3/overflow']) {
      faults.add({ id: path, match: { path, org: 'Acme Prod' }, times: 1, action: { type: 'hold' } });
    }
    const dying = expect(acme.copy([logs], { ...staged, acknowledge: diesAfter(1) })).rejects.toMatchObject(killed);
    await faults.held('/logs3/overflow');
    faults.release();
    await dying;
    const [range] = (await acme.store.snapshot()).unfinished;
    const recorded = range?.rows ?? 0;
    const sent = await acme.ids('destination', logs);
    expect(sent.length).toBeGreaterThan(recorded + 600);
    expect(acme.writes('/logs3/overflow')).toBeGreaterThan(0);
    await edit(`"id":"${sent[recorded]}","input":"reviewed"`, `"id":"${sent.at(-1)}","input":"reviewed"`);
    const { ranges } = await acme.copy([logs], staged);
    expect(ranges).toMatchObject([{ rows: 12_000 - recorded - 2, kept: 2 }]);
    const found = await inputs();
    expect([...found].filter(([, input]) => input === 'reviewed').map(([id]) => id)).toEqual([
      sent[recorded],
      sent.at(-1),
    ]);
  });

  test('are told apart where several batches were under way at once', async () => {
    await acme.close();
    acme = await RowCopy.start({ switches: { logs3PayloadMaxBytes: 200_000 } });
    logs = await acme.logs();
    for (let n = 0; n < 12; n++) await acme.write('source', logs, namedRows(`ticket-${n}`, 100, 'x'.repeat(1000)));
    // The first batch is not carried out, and the others are.
    acme.emulator.faults.add({
      match: { path: '/logs3', org: 'Acme Prod' },
      times: 1,
      action: { type: 'status', status: 401, body: 'The key was revoked' },
    });
    const relaxed = { order: 'relaxed' } as const;
    await expect(acme.copy([logs], relaxed)).rejects.toMatchObject({ code: 'BTM_CREDENTIALS_REJECTED' });
    const sent = await acme.ids('destination', logs);
    expect(sent.length).toBeGreaterThan(200);
    expect(sent).not.toContain('ticket-0-0');
    await edit(`"id":"${sent[0]}","input":"reviewed"`, `"id":"${sent.at(-1)}","input":"reviewed"`);
    expect((await acme.copy([logs], relaxed)).ranges).toMatchObject([{ rows: 1198, kept: 2 }]);
    const found = await inputs();
    expect([found.get(sent[0]), found.get(sent.at(-1)), found.size]).toEqual(['reviewed', 'reviewed', 1200]);
  });

  test('of several containers in one lane are told apart', async () => {
    const [golden, edge, other] = [
      await acme.dataset('Golden', logs),
      await acme.dataset('Edge', logs),
      await acme.dataset('Other', logs),
    ];
    for (const one of [golden, edge, other]) await acme.write('source', one, namedRows('case', 20, 'source'));
    await expect(acme.copy([golden, edge], { acknowledge: dies })).rejects.toMatchObject(killed);
    await acme.write('destination', edge, ['"id":"case-3","input":"reviewed"']);
    const { ranges } = await acme.copy([golden, edge, other]);
    expect(ranges.map(({ rows, kept }) => [rows, kept])).toEqual([
      [20, 0],
      [19, 1],
      [20, 0],
    ]);
    expect((await inputs(edge)).get('case-3')).toBe('reviewed');
  });

  test('are told apart in a later pass, too, where they are new', async () => {
    await acme.write('source', logs, namedRows('ticket', 20, 'first'));
    await acme.copy([logs]);
    await edit('"id":"ticket-1","input":"reviewed"');
    const [found] = (await acme.store.snapshot()).streams;
    const next = { xactAfter: found?.settled ?? '', collision: { upTo: found?.lastKey ?? null } };
    await acme.write('source', logs, namedRows('new', 20, 'first'));
    await expect(acme.copy([logs], { ...next, acknowledge: dies })).rejects.toMatchObject(killed);
    await edit('"id":"new-3","input":"reviewed"');
    expect((await acme.copy([logs], next)).ranges).toMatchObject([{ rows: 19, kept: 1 }]);
    expect((await inputs()).get('new-3')).toBe('reviewed');
  });

  test('cost two queries where none was in flight, however many rows are left', async () => {
    await acme.write('source', logs, namedRows('ticket', 900, 'x'.repeat(4000)));
    for (let n = 0; n < 5; n++) await acme.write('source', logs, namedRows(`later-${n}`, 900, 'x'.repeat(4000)));
    const stop = new AbortController();
    const onAcknowledged = () => stop.abort(new BtMigrateError('BTM_INTERRUPTED', { detail: 'Ctrl-C.' }));
    await expect(acme.copy([logs], { signal: stop.signal, onAcknowledged })).rejects.toThrow();
    acme.emulator.requests.clear();
    expect((await acme.copy([logs])).ranges[0]?.rows).toBeGreaterThan(3000);
    expect(acme.writes('/btql')).toBe(2);
  });

  describe('of which the server does not count all transactions', () => {
    test.each([
      ['because it refuses to', 400, 'Unknown clause: dimensions'],
      ['but cuts its answer off', 200, { data: [{ _xact_id: '1000196129554423269', row_count: 1 }] }],
    ])('%s, are told apart by their names', async (_, status, body) => {
      await killedCopy();
      await edit('"id":"ticket-7","input":"reviewed"');
      const match = { path: '/btql', bodyIncludes: 'dimensions: _xact_id' };
      acme.emulator.faults.add({ match, action: { type: 'status', status, body } });
      expect((await acme.copy([logs])).ranges).toMatchObject([{ rows: 599, kept: 1 }]);
      expect(acme.emulator.faults.list()).toMatchObject([{ hits: 1 }]);
      expect((await inputs()).get('ticket-7')).toBe('reviewed');
    });
  });
});
