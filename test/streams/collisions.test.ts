import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BtMigrateError } from '../../src/domain/errors.ts';
import type { OrgWriter } from '../../src/domain/org.ts';
import { type ContainerCopy, namedRows, RowCopy } from '../support/row-copy.ts';

const MB = 1024 * 1024;

describe('rows that may be in the destination already', () => {
  let acme: RowCopy;
  let logs: ContainerCopy;
  beforeEach(async () => {
    acme = await RowCopy.start();
    logs = await acme.logs();
  });
  afterEach(() => acme.close());

  async function inputs(): Promise<Map<unknown, unknown>> {
    return new Map((await acme.rows('destination', logs)).map(({ id, input }) => [id, input]));
  }

  async function progress(): Promise<{ settled: string; lastKey: string | null }> {
    const [found] = (await acme.store.snapshot()).streams;
    return { settled: found?.settled ?? '', lastKey: found?.lastKey ?? null };
  }

  test('are kept as they are there when somebody edited them since, and replaced when nobody did', async () => {
    await acme.write('source', logs, namedRows('ticket', 1200, 'first'));
    await acme.copy([logs]);
    const { settled, lastKey } = await progress();
    await acme.write('destination', logs, ['"id":"ticket-7","input":"reviewed"', '"id":"theirs","input":"own"']);
    await acme.write('source', logs, [...namedRows('ticket', 1100, 'second'), '"id":"new","input":"second"']);
    const { ranges } = await acme.copy([logs], { xactAfter: settled, collision: { upTo: lastKey } });
    expect(ranges).toMatchObject([{ rows: 1100, kept: 1 }]);
    const found = await inputs();
    expect([found.get('ticket-7'), found.get('theirs')]).toEqual(['reviewed', 'own']);
    expect([found.get('ticket-6'), found.get('ticket-1099'), found.get('new')]).toEqual(['second', 'second', 'second']);
    expect([found.get('ticket-1100'), found.size]).toEqual(['first', 1202]);
    const copied = acme.events.filter((event) => event.type === 'rows_copied');
    expect(copied.reduce((sum, { kept }) => sum + kept, 0)).toBe(1);
  });

  test('are asked for only up to the greatest key that was copied before', async () => {
    await acme.write('source', logs, namedRows('ticket', 10, 'first'));
    await acme.copy([logs]);
    const { settled, lastKey } = await progress();
    await acme.write('source', logs, namedRows('new', 700, 'second'));
    acme.emulator.requests.clear();
    await acme.copy([logs], { xactAfter: settled, collision: { upTo: lastKey } });
    expect(acme.writes('/btql')).toBe(0);
    expect((await inputs()).size).toBe(710);
  });

  test('are all kept when nothing is known of them, and only the others are written', async () => {
    await acme.write('source', logs, namedRows('ticket', 1300, 'source'));
    await acme.write('destination', logs, namedRows('ticket', 600, 'theirs'));
    const { ranges } = await acme.copy([logs], { collision: { upTo: null } });
    expect(ranges).toMatchObject([{ rows: 700, kept: 600 }]);
    const found = await inputs();
    expect([found.get('ticket-0'), found.get('ticket-599'), found.get('ticket-600')]).toEqual([
      'theirs',
      'theirs',
      'source',
    ]);
    // Three questions of 500 ids at most, however the pages came.
    expect(acme.writes('/btql')).toBeLessThanOrEqual(2 * 3);
  });

  test('are replaced where the source wins, without a question', async () => {
    await acme.write('source', logs, namedRows('ticket', 30, 'source'));
    await acme.write('destination', logs, namedRows('ticket', 30, 'theirs'));
    const { ranges } = await acme.copy([logs]);
    expect(ranges).toMatchObject([{ rows: 30, kept: 0 }]);
    expect(acme.writes('/btql')).toBe(0);
    expect(new Set((await inputs()).values())).toEqual(new Set(['source']));
  });

  describe('and were in flight when a run was killed', () => {
    const killed = { code: 'BTM_STATE_UNREADABLE' };
    const dies = async (): Promise<never> => {
      throw new BtMigrateError('BTM_STATE_UNREADABLE', { detail: 'The process is gone.' });
    };

    /** Tickets that were copied, edited in the source, and written again by a run that died before it could say so. */
    async function killedPass(count = 40): Promise<{ xactAfter: string; collision: { upTo: string | null } }> {
      await acme.write('source', logs, namedRows('ticket', count, 'first'));
      await acme.copy([logs]);
      const { settled, lastKey } = await progress();
      await acme.write('source', logs, namedRows('ticket', count, 'second'));
      const next = { xactAfter: settled, collision: { upTo: lastKey } };
      await expect(acme.copy([logs], { ...next, acknowledge: dies })).rejects.toMatchObject(killed);
      expect(new Set((await inputs()).values())).toEqual(new Set(['second']));
      return next;
    }

    test.each(['verbatim', 'normalised'] as const)('are known as ours where rows are %s', async (rowMode) => {
      await acme.close();
      acme = await RowCopy.start({ switches: { rowMode } });
      logs = await acme.logs();
      const next = await killedPass();
      const { ranges } = await acme.copy([logs], next);
      expect(ranges).toMatchObject([{ rows: 40, kept: 0 }]);
    });

    test('are ours also when new rows were written with them', async () => {
      await acme.write('source', logs, namedRows('ticket', 10, 'first'));
      await acme.copy([logs]);
      const { settled, lastKey } = await progress();
      await acme.write('source', logs, namedRows('ticket', 15, 'second'));
      const next = { xactAfter: settled, collision: { upTo: lastKey } };
      await expect(acme.copy([logs], { ...next, acknowledge: dies })).rejects.toMatchObject(killed);
      const { ranges } = await acme.copy([logs], next);
      expect(ranges).toMatchObject([{ rows: 15, kept: 0 }]);
    });

    test('leave a new row that somebody edits before the run goes on as it was edited', async () => {
      await acme.write('source', logs, namedRows('ticket', 10, 'first'));
      await acme.copy([logs]);
      const { settled, lastKey } = await progress();
      await acme.write('source', logs, namedRows('ticket', 15, 'second'));
      const next = { xactAfter: settled, collision: { upTo: lastKey } };
      await expect(acme.copy([logs], { ...next, acknowledge: dies })).rejects.toMatchObject(killed);
      await acme.write('destination', logs, ['"id":"ticket-12","input":"reviewed"']);
      const { ranges } = await acme.copy([logs], next);
      expect(ranges).toMatchObject([{ rows: 14, kept: 1 }]);
      const found = await inputs();
      expect([found.get('ticket-12'), found.get('ticket-13')]).toEqual(['reviewed', 'second']);
    });

    test('are ours also when a field of one became an attachment', async () => {
      await acme.close();
      acme = await RowCopy.start({ switches: { maxRowBytes: 40 * MB, logs3PayloadMaxBytes: 64 * MB } });
      logs = await acme.logs();
      await acme.write('source', logs, namedRows('ticket', 3, 'first'));
      await acme.copy([logs]);
      const { settled, lastKey } = await progress();
      await acme.write('source', logs, [`"id":"ticket-1","input":"${'x'.repeat(19 * MB)}"`]);
      const next = { xactAfter: settled, collision: { upTo: lastKey } };
      await expect(acme.copy([logs], { ...next, acknowledge: dies })).rejects.toMatchObject(killed);
      const { ranges } = await acme.copy([logs], next);
      expect(ranges).toMatchObject([{ rows: 1, kept: 0, spilled: 1 }]);
    });

    test('are ours also when the source edits them before the run goes on', async () => {
      const next = await killedPass();
      await acme.write('source', logs, namedRows('ticket', 5, 'third'));
      expect(await acme.copy([logs], next)).toMatchObject({ ranges: [{ rows: 35, kept: 0 }] });
      const { settled, lastKey } = await progress();
      const { ranges } = await acme.copy([logs], { xactAfter: settled, collision: { upTo: lastKey } });
      expect(ranges).toMatchObject([{ rows: 5, kept: 0 }]);
      const found = await inputs();
      expect([found.get('ticket-4'), found.get('ticket-5')]).toEqual(['third', 'second']);
    });

    test('are theirs as soon as somebody edits them, whichever other rows the same edit wrote again', async () => {
      const next = await killedPass();
      await acme.write('destination', logs, ['"id":"ticket-7","input":"reviewed"']);
      await acme.write('destination', logs, ['"id":"theirs","input":"own"', '"id":"ticket-8","input":"second"']);
      const { ranges } = await acme.copy([logs], next);
      expect(ranges).toMatchObject([{ rows: 38, kept: 2 }]);
      const found = await inputs();
      expect([found.get('ticket-7'), found.get('ticket-6'), found.get('theirs')]).toEqual([
        'reviewed',
        'second',
        'own',
      ]);
    });

    test('are theirs when the write never arrived and somebody had edited them', async () => {
      await acme.write('source', logs, namedRows('ticket', 10, 'first'));
      await acme.copy([logs]);
      const { settled, lastKey } = await progress();
      await acme.write('source', logs, namedRows('ticket', 10, 'second'));
      const next = { xactAfter: settled, collision: { upTo: lastKey } };
      const gone = acme.copy([logs], {
        ...next,
        wrapWriter: (writer) => ({
          ...writer,
          insertRows: async () => {
            await acme.write('destination', logs, ['"id":"ticket-7","input":"reviewed"']);
            return dies();
          },
        }),
      });
      await expect(gone).rejects.toMatchObject(killed);
      expect(await acme.copy([logs], next)).toMatchObject({ ranges: [{ rows: 9, kept: 1 }] });
      expect((await inputs()).get('ticket-7')).toBe('reviewed');
    });

    describe('where what is read is older than what was written,', () => {
      /** As `killedPass`, but what was written becomes readable half a minute later. */
      async function killedLate(): Promise<{ xactAfter: string; collision: { upTo: string | null } }> {
        await acme.write('source', logs, namedRows('ticket', 40, 'first'));
        await acme.copy([logs]);
        const { settled, lastKey } = await progress();
        await acme.write('source', logs, namedRows('ticket', 40, 'second'));
        const next = { xactAfter: settled, collision: { upTo: lastKey } };
        acme.emulator.setVisibility({ rowLag: 30_000 });
        await expect(acme.copy([logs], { ...next, acknowledge: dies })).rejects.toMatchObject(killed);
        acme.emulator.setVisibility({ rowLag: 0 });
        expect(new Set((await inputs()).values())).toEqual(new Set(['first']));
        return next;
      }

      const intents = () => acme.store.streams.intents({ stream: 'logs', id: logs.source });

      /** The rows become readable, and somebody may do something, right before the first question about versions. */
      function turningUp(then: () => Promise<void> = async () => undefined): (writer: OrgWriter) => OrgWriter {
        let asked = 0;
        return (writer) => ({
          ...writer,
          readVersions: async (...question) => {
            if (asked++ === 0) {
              acme.emulator.clock.advance(31_000);
              await then();
            }
            return writer.readVersions(...question);
          },
        });
      }

      test('are ours when they turn up while the next run is under way', async () => {
        const next = await killedLate();
        const { ranges } = await acme.copy([logs], { ...next, wrapWriter: turningUp() });
        expect(ranges).toMatchObject([{ rows: 40, kept: 0 }]);
      });

      test('are theirs when somebody edits them there in the meantime', async () => {
        const next = await killedLate();
        const edit = () => acme.write('destination', logs, ['"id":"ticket-7","input":"reviewed"']);
        const { ranges } = await acme.copy([logs], { ...next, wrapWriter: turningUp(edit) });
        expect(ranges).toMatchObject([{ rows: 39, kept: 1 }]);
        expect((await inputs()).get('ticket-7')).toBe('reviewed');
      });

      test('are ours in a later pass, too, and forgotten when all of it is certain to be readable', async () => {
        const next = await killedLate();
        await acme.write('source', logs, namedRows('ticket', 5, 'third'));
        expect(await acme.copy([logs], next)).toMatchObject({ ranges: [{ rows: 35, kept: 0 }] });
        expect((await intents()).length).toBe(1);
        acme.emulator.clock.advance(200_000);
        const { settled, lastKey } = await progress();
        const { ranges } = await acme.copy([logs], { xactAfter: settled, collision: { upTo: lastKey } });
        expect(ranges).toMatchObject([{ rows: 5, kept: 0 }]);
        expect(await intents()).toEqual([]);
        const found = await inputs();
        expect([found.get('ticket-4'), found.get('ticket-5')]).toEqual(['third', 'second']);
      });
    });

    test('are remembered only where the destination may have them', async () => {
      await acme.write('source', logs, namedRows('ticket', 10, 'first'));
      await expect(acme.copy([logs], { acknowledge: dies })).rejects.toMatchObject(killed);
      expect(await acme.store.streams.intents({ stream: 'logs', id: logs.source })).toEqual([]);
    });
  });

  test('of several containers in one lane are told apart', async () => {
    const [golden, edge] = [await acme.dataset('Golden', logs), await acme.dataset('Edge', logs)];
    await acme.write('source', golden, namedRows('case', 20, 'source'));
    await acme.write('source', edge, namedRows('case', 20, 'source'));
    await acme.write('destination', edge, namedRows('case', 5, 'theirs'));
    const { ranges } = await acme.copy([golden, edge], { collision: { upTo: null } });
    expect(ranges.map(({ rows, kept }) => [rows, kept])).toEqual([
      [20, 0],
      [15, 5],
    ]);
  });
});
