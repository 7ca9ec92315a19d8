import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { importState } from '../../src/state/import-state.ts';
import { openSqliteState } from '../../src/state/open-sqlite-state.ts';
import { formatStateDocument, parseStateDocument } from '../../src/state/state-document.ts';
import { STORE_KINDS } from '../support/open-test-store.ts';
import { BUILD_7, TRIAGE } from '../support/state-fixture.ts';
import { BAD_ROW, batchOf, COPY_LOGS, firstPass, key, xact } from '../support/stream-fixture.ts';
import { StreamStoreFixture } from '../support/stream-store-fixture.ts';

const LOGS = { stream: 'logs', id: 'source-project' } as const;
const NEXT_FILTER = { xactAfter: xact(90), xactUpTo: xact(200), createdAfter: null, createdBefore: null };

/** What copying rows relies on, whatever keeps the state. */
describe.each(STORE_KINDS)('passes in a state store: %s', (kind) => {
  let acme: StreamStoreFixture;
  beforeEach(async () => {
    acme = await StreamStoreFixture.start(kind);
  });
  afterEach(() => acme.close());

  describe('a pass', () => {
    test('begins with one range, and with one for each cut where several processes share it', async () => {
      expect(await acme.open()).toMatchObject({
        status: 'pending',
        seq: 0,
        lo: null,
        hi: null,
        position: null,
        rows: 0,
      });
      const cuts = [key(10), key(20), null];
      const ranges = await acme.store.streams.openPass(acme.lease, firstPass(acme.runId, { container: 'other', cuts }));
      expect(ranges.map(({ seq, lo, hi }) => [seq, lo, hi])).toEqual([
        [0, null, key(10)],
        [1, key(10), key(20)],
        [2, key(20), null],
      ]);
    });

    test('is given again to the action that asks again, with what was acknowledged', async () => {
      const { id } = await acme.open();
      await acme.store.streams.leaseRange(acme.lease, id);
      await acme.store.streams.ackBatch(acme.lease, [batchOf(id)]);
      expect(await acme.open({ settled: xact(99) })).toMatchObject({
        id,
        status: 'leased',
        settled: xact(90),
        position: key(100),
        rows: 100,
        bytes: 204_800,
      });
    });

    test('left unfinished is taken up by the action of another plan, within its own bounds', async () => {
      const { id } = await acme.open();
      await acme.store.streams.ackBatch(acme.lease, [batchOf(id)]);
      const other = await acme.another();
      const taken = await acme.open({ runId: other, actionId: 'copy:logs.Renamed', filter: NEXT_FILTER });
      expect(taken).toMatchObject({ id, actionId: 'copy:logs.Renamed', position: key(100) });
      expect(taken.filter.xactUpTo).toBe(xact(100));
      expect((await acme.store.streams.rangesOf(acme.runId)).size).toBe(0);
      expect((await acme.store.streams.rangesOf(other)).get('copy:logs.Renamed')).toHaveLength(1);
    });

    test('that was taken up and finished is followed by one behind it, and then nothing is left', async () => {
      const left = await acme.open();
      const asked = { runId: await acme.another(), filter: { ...NEXT_FILTER, xactAfter: null }, settled: xact(190) };
      await acme.open(asked);
      await acme.store.streams.finishPass(acme.lease, [left.id]);
      const second = await acme.open(asked);
      expect(second).toMatchObject({ filter: NEXT_FILTER, settled: xact(190), status: 'pending' });
      await acme.store.streams.finishPass(acme.lease, [second.id]);
      expect(await acme.open(asked)).toMatchObject({ id: second.id, status: 'committed' });
    });

    test('that is finished becomes the progress of its container, and finishing it again changes nothing', async () => {
      const { id } = await acme.open();
      await acme.store.streams.ackBatch(acme.lease, [
        batchOf(id),
        batchOf(id, { upTo: null, kept: 2, rows: 1, bytes: 10 }),
      ]);
      const progress = await acme.store.streams.finishPass(acme.lease, [id]);
      expect(progress).toMatchObject({
        stream: 'logs',
        container: 'source-project',
        destinationContainer: 'destination-project',
        settled: xact(90),
        lastKey: key(100),
        rows: 101,
        bytes: 204_810,
      });
      expect(await acme.store.streams.finishPass(acme.lease, [id])).toEqual(progress);
      const snapshot = await acme.store.snapshot();
      expect(snapshot.streams).toEqual([progress]);
      expect(snapshot.unfinished).toEqual([]);
      expect(snapshot.serial).toBe(0);
    });

    test('adds to the progress of the passes before it, whose greatest key stays', async () => {
      const first = await acme.open();
      await acme.store.streams.ackBatch(acme.lease, [batchOf(first.id)]);
      await acme.store.streams.finishPass(acme.lease, [first.id]);
      const next = await acme.open({ runId: await acme.another(), filter: NEXT_FILTER, settled: xact(190) });
      expect(next.id).not.toBe(first.id);
      await acme.store.streams.ackBatch(acme.lease, [batchOf(next.id, { upTo: key(7), rows: 5, bytes: 50 })]);
      const progress = await acme.store.streams.finishPass(acme.lease, [next.id]);
      expect(progress).toMatchObject({ settled: xact(190), lastKey: key(100), rows: 105, bytes: 204_850 });
    });

    test('into another destination forgets what was written to the one before', async () => {
      const first = await acme.open();
      await acme.store.streams.ackBatch(acme.lease, [batchOf(first.id, { window: Buffer.alloc(8, 1) })]);
      await acme.store.streams.finishPass(acme.lease, [first.id]);
      const again = await acme.open({ runId: await acme.another(), destinationContainer: 'made-again' });
      expect(again).toMatchObject({ position: null, rows: 0, destinationContainer: 'made-again' });
      expect((await acme.store.snapshot()).streams).toEqual([]);
      expect(await acme.store.streams.writtenXacts(LOGS)).toEqual(new Set());
      expect(await acme.store.streams.windowHashes(LOGS)).toHaveLength(0);
    });

    test('over another creation window begins anew, and still knows which transactions were ours', async () => {
      const first = await acme.open();
      await acme.store.streams.ackBatch(acme.lease, [batchOf(first.id)]);
      const filter = { ...firstPass(acme.runId).filter, createdAfter: '2026-01-01T00:00:00.000Z' };
      const again = await acme.open({ runId: await acme.another(), filter });
      expect(again).toMatchObject({ position: null, rows: 0 });
      expect(again.id).not.toBe(first.id);
      expect(await acme.store.streams.writtenXacts(LOGS)).toEqual(new Set([xact(501)]));
    });

    test('of an object that is deleted is forgotten with it', async () => {
      const { id } = await acme.open({ stream: 'dataset_rows', container: 'source-dataset' });
      await acme.store.streams.finishPass(acme.lease, [id]);
      await acme.store.completeAction(acme.lease, acme.runId, 'delete:dataset.Support-bot.Tickets', {
        fingerprint: null,
        forget: { kind: 'dataset', sourceId: 'source-dataset' },
      });
      expect((await acme.store.snapshot()).streams).toEqual([]);
    });
  });

  describe('versions', () => {
    test('pair the newest transactions of a pass that left nothing out', async () => {
      const { id } = await acme.open();
      await acme.store.streams.ackBatch(acme.lease, [
        batchOf(id),
        batchOf(id, { newestXact: xact(70), xactId: xact(502) }),
      ]);
      await acme.store.streams.finishPass(acme.lease, [id]);
      expect((await acme.store.snapshot()).versions).toEqual([
        { kind: 'logs', sourceId: 'source-project', source: xact(80), destination: xact(502) },
      ]);
    });

    test.each([
      ['a row was quarantined', { quarantined: [BAD_ROW] }],
      ['a row was kept', { kept: 1 }],
    ])('are not paired when %s', async (_why, more) => {
      const { id } = await acme.open();
      await acme.store.streams.ackBatch(acme.lease, [batchOf(id, more)]);
      await acme.store.streams.finishPass(acme.lease, [id]);
      expect((await acme.store.snapshot()).versions).toEqual([]);
    });
  });

  describe('an export', () => {
    test('carries everything that the next night needs', async () => {
      const copyDone = 'copy:experiment_rows.Support-bot.Baseline';
      const done = await acme.open({ container: 'done', stream: 'experiment_rows', actionId: copyDone });
      const window = { window: Buffer.from('0123456789abcdef'), windowNewest: xact(99) };
      await acme.store.streams.ackBatch(acme.lease, [batchOf(done.id, window)]);
      await acme.store.streams.finishPass(acme.lease, [done.id]);
      const { id } = await acme.open();
      await acme.store.streams.ackBatch(acme.lease, [batchOf(id, { quarantined: [BAD_ROW] })]);
      await acme.store.streams.recordBlobs(acme.lease, [{ sourceKey: 'a', destinationKey: 'b', size: 7 }]);
      const intent = { rangeId: id, batch: 3, newerThan: xact(501), rows: Buffer.from('a hash of 16 B-1') };
      await acme.store.streams.intend(acme.lease, [intent]);
      const document = await acme.store.exportDocument();

      const path = join(acme.folder, 'elsewhere.db');
      await importState(parseStateDocument(formatStateDocument(document)), path, {
        ...acme.environment,
        force: false,
        holder: BUILD_7,
      });
      const copy = await openSqliteState({ ...acme.environment, path, mode: 'read', mustExist: true });
      try {
        expect(await copy.exportDocument()).toEqual(document);
        expect(await copy.snapshot()).toEqual(await acme.store.snapshot());
        const experiment = { stream: 'experiment_rows', id: 'done' } as const;
        expect(await copy.streams.windowHashes(experiment)).toEqual(Buffer.from('0123456789abcdef'));
        expect(await copy.streams.writtenXacts(LOGS)).toEqual(new Set([xact(501)]));
        expect((await copy.streams.rangesOf(acme.runId)).get(COPY_LOGS)).toMatchObject([
          { position: key(100), rows: 100 },
        ]);
        expect(await copy.streams.intents(LOGS)).toEqual([intent]);
        expect(await copy.streams.quarantine()).toEqual(await acme.store.streams.quarantine());
      } finally {
        await copy.close();
      }
    });

    test('that knows less of a stream does not replace a state that knows more', async () => {
      await acme.store.putMapping(acme.lease, TRIAGE);
      const { id } = await acme.open();
      const before = await acme.store.exportDocument();
      await acme.store.streams.ackBatch(acme.lease, [batchOf(id)]);
      const after = await acme.store.exportDocument();
      const path = join(acme.folder, 'elsewhere.db');
      const options = { ...acme.environment, force: false, holder: BUILD_7 };
      await importState(after, path, options);
      await expect(importState(before, path, options)).rejects.toMatchObject({
        code: 'BTM_FAILED',
        detail: expect.stringContaining('rows of logs source-project') as string,
      });
      await importState(after, path, options);
    });
  });
});
