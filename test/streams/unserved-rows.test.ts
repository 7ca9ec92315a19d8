import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BtMigrateError } from '../../src/domain/errors.ts';
import { type ContainerCopy, type CopyOptions, RowCopy } from '../support/row-copy.ts';

/** Requests until a first row has failed: for 1000, 500, … 3 rows, and for the row alone. */
const [SHRINKING, ALONE] = [9, 5];

let acme: RowCopy;
let logs: ContainerCopy;
beforeEach(async () => {
  acme = await RowCopy.start();
  logs = await acme.logs();
});
afterEach(() => acme.close());

/** Rows of one transaction; those that the source does not give are told by their numbers. */
async function write(container: ContainerCopy, count: number, cursed: readonly number[], name = 'ticket') {
  const rows = Array.from({ length: count }, (_, n) => {
    return `"id":"${name}-${n}","input":"${cursed.includes(n) ? 'cursed' : 'fine'}"`;
  });
  await acme.write('source', container, rows);
}

/** The source fails at every answer that would hold a cursed row; at their names it does not. */
function curse(status = 500, times?: number): void {
  acme.emulator.faults.add({
    id: 'curse',
    match: { path: '/btql', org: 'Acme Dev', answerIncludes: 'cursed' },
    ...(times === undefined ? {} : { times }),
    action: { type: 'status', status, body: { Code: 'InternalServerError', Message: 'segment is damaged' } },
  });
}

/** What arrived must be what the source has, without the cursed rows, each once and in its place. */
async function expectArrived(container: ContainerCopy): Promise<void> {
  acme.emulator.faults.clear();
  const rows = await acme.rows('source', container);
  const fine = rows.filter(({ input }) => input !== 'cursed').map(({ id }) => id);
  expect(await acme.ids('destination', container)).toEqual(fine);
  const set = (await acme.store.streams.quarantine()).filter(({ container: id }) => id === container.source);
  const cursed = rows.filter(({ input }) => input === 'cursed').map(({ id }) => id);
  expect(set.map(({ rowId }) => rowId).sort()).toEqual(cursed.sort());
}

/** Copies what fails, and returns the error with which it did. */
async function failure(options: CopyOptions = {}): Promise<BtMigrateError> {
  const error = await acme.copy([logs], options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BtMigrateError);
  return error as BtMigrateError;
}

describe('a row that the source does not give', () => {
  test.each([500, 504, 413])(
    '(%i) is set aside by its names, without a body, and the others arrive in order',
    async (status) => {
      await write(logs, 300, [120]);
      curse(status);
      const { ranges } = await acme.copy([logs]);
      expect(ranges).toMatchObject([{ rows: 299, quarantined: 1 }]);
      expect(await acme.store.streams.quarantine()).toMatchObject([
        {
          rowId: 'ticket-120',
          container: logs.source,
          status: 'open',
          reason: 'unreadable',
          detail: expect.stringContaining(`answers ${status} when it is asked for this row`) as string,
          size: 0,
          file: null,
        },
      ]);
      expect(acme.events.filter(({ type }) => type === 'row_quarantined')).toMatchObject([{ row_id: 'ticket-120' }]);
      await expectArrived(logs);
    },
  );

  test.each([
    ['the first ones', [0, 1, 2]],
    ['the last one', [39]],
    ['side by side', [10, 11, 12, 13]],
    ['every second one', [1, 3, 5, 7, 9, 11]],
    ['the first and the last one', [0, 39]],
  ])('may be several: %s', async (_, cursed) => {
    await write(logs, 40, cursed);
    curse();
    await acme.copy([logs]);
    await expectArrived(logs);
  });

  test('may share its key with others', async () => {
    const key = (n: number): string => `p075718525886476${45_000 + n}`;
    const rows = Array.from({ length: 30 }, (_, n) => ({
      _pagination_key: key(n < 10 ? n : n < 20 ? 10 : n),
      row: { id: `ticket-${n}`, input: n === 13 || n === 16 ? 'cursed' : 'fine', log_id: 'g' },
    }));
    const container = { type: 'project_logs' as const, id: logs.source };
    acme.emulator.load({ ...acme.emulator.dump(), rows: [{ container, rows }] });
    curse();
    await acme.copy([logs]);
    await expectArrived(logs);
  });

  test('costs the other containers of its lane nothing', async () => {
    const first = await acme.dataset('Tickets', logs);
    const second = await acme.dataset('Refunds', logs);
    // The same id in another container is another row.
    await write(first, 20, [], 'ticket');
    await write(second, 20, [7], 'ticket');
    await write(first, 10, [], 'late');
    curse();
    const { ranges } = await acme.copy([first, second]);
    expect(ranges).toMatchObject([
      { rows: 30, quarantined: 0 },
      { rows: 19, quarantined: 1 },
    ]);
    await expectArrived(first);
    await expectArrived(second);
  });

  test('is not asked for again by the next pass, and stays in quarantine', async () => {
    await write(logs, 50, [20]);
    curse();
    await acme.copy([logs]);
    await acme.write('source', logs, ['"id":"news","input":"fine"']);
    const [progress] = (await acme.store.snapshot()).streams;
    acme.emulator.requests.clear();
    const { ranges } = await acme.copy([logs], { xactAfter: progress?.settled ?? '' });
    expect(ranges).toMatchObject([{ rows: 1, quarantined: 0 }]);
    expect(acme.emulator.requests.all().filter(({ status }) => status === 500)).toEqual([]);
    await expectArrived(logs);
  });

  test('is met again by a pass that looks behind the last minute again, and is one item all the same', async () => {
    await write(logs, 50, [20]);
    curse();
    await acme.copy([logs], { settled: '1' });
    await acme.write('source', logs, ['"id":"news","input":"fine"']);
    const { ranges } = await acme.copy([logs], { settled: '1' });
    expect(ranges).toMatchObject([{ rows: 1, known: 50, quarantined: 0 }]);
    await expectArrived(logs);
  });

  test('loses and doubles nothing when run after run is killed', async () => {
    await write(logs, 20, [0, 9, 10, 19]);
    curse();
    let kills = 0;
    for (let batches = 0; ; batches++) {
      let recorded = 0;
      const killed = await acme
        .copy([logs], {
          finish: false,
          acknowledge: async (record) => {
            if (recorded === 2) throw new Error('killed');
            recorded += 1;
            await record();
          },
        })
        .then(
          () => false,
          () => true,
        );
      if (!killed) break;
      kills += 1;
      expect(batches).toBeLessThan(30);
    }
    expect(kills).toBeGreaterThan(3);
    await acme.copy([logs]);
    await expectArrived(logs);
  });

  test('is asked for until that is certain, and not again', async () => {
    await write(logs, 40, [0]);
    curse();
    await acme.copy([logs]);
    expect(acme.emulator.faults.hits('curse')).toBe(SHRINKING + 2 * ALONE);
    await expectArrived(logs);
  });

  test('is copied when the server gives it at last', async () => {
    await write(logs, 40, [0]);
    curse(500, SHRINKING + ALONE);
    const { ranges } = await acme.copy([logs]);
    expect(ranges).toMatchObject([{ rows: 40, quarantined: 0 }]);
    expect(await acme.store.streams.quarantine()).toEqual([]);
    expect(await acme.ids('destination', logs)).toEqual(await acme.ids('source', logs));
  });
});

describe('a server that gives no rows at all', () => {
  test('ends the copy with its error, and nothing is set aside', async () => {
    await write(logs, 40, []);
    acme.emulator.faults.add({
      match: { path: '/btql', bodyIncludes: 'select: *' },
      action: { type: 'status', status: 500 },
    });
    acme.emulator.requests.clear();
    expect(await failure()).toMatchObject({ code: 'BTM_SERVER_FAILED' });
    expect(await acme.store.streams.quarantine()).toEqual([]);
    expect(acme.emulator.requests.all().filter(({ status }) => status === 500).length).toBeLessThan(80);
  });

  test('does so too where it still answers queries that find nothing', async () => {
    await write(logs, 1, [0]);
    curse();
    expect(await failure()).toMatchObject({ code: 'BTM_SERVER_FAILED', detail: expect.stringContaining('segment') });
    expect(await acme.store.streams.quarantine()).toEqual([]);
  });

  test('or where it does not name rows', async () => {
    await write(logs, 40, [20]);
    curse();
    acme.emulator.faults.add({
      match: { path: '/btql', bodyIncludes: 'select: id, _xact_id' },
      action: { type: 'status', status: 400 },
    });
    expect(await failure()).toMatchObject({ code: 'BTM_SERVER_FAILED', detail: expect.stringContaining('segment') });
    expect(await acme.store.streams.quarantine()).toEqual([]);
  });
});
