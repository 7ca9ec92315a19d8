import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/domain/fingerprint.ts';
import type { Lease, StateStore } from '../../src/domain/state.ts';
import type { PassRequest, StreamRange } from '../../src/domain/stream-state.ts';
import { importState } from '../../src/state/import-state.ts';
import { openSqliteState } from '../../src/state/open-sqlite-state.ts';
import { formatStateDocument, parseStateDocument } from '../../src/state/state-document.ts';
import { openTestStore, STORE_KINDS } from '../support/open-test-store.ts';
import { type TestEnvironment, testEnvironment } from '../support/state-environment.ts';
import { BUILD_7, NIGHTLY, TRIAGE } from '../support/state-fixture.ts';
import { BAD_ROW, batchOf, COPY_LOGS, firstPass, key, xact } from '../support/stream-fixture.ts';

const LOGS = { stream: 'logs', id: 'source-project' } as const;
const NEXT_FILTER = { xactAfter: xact(90), xactUpTo: xact(200), createdAfter: null, createdBefore: null };

/** What copying rows relies on, whatever keeps the state. */
describe.each(STORE_KINDS)('streams in a state store: %s', (kind) => {
  let folder: string;
  let environment: TestEnvironment;
  let store: StateStore;
  let lease: Lease;
  let runId: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'acme-streams-'));
    environment = testEnvironment();
    environment.alive.add(BUILD_7.pid);
    store = await openTestStore(kind, folder, environment);
    lease = await store.acquireLease(BUILD_7, 0);
    ({ runId } = await store.openRun(lease, NIGHTLY));
  });

  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  async function open(more: Partial<PassRequest> = {}): Promise<StreamRange> {
    const [range] = await store.streams.openPass(lease, firstPass(runId, more));
    if (range === undefined) throw new Error('A pass has a range.');
    return range;
  }

  async function another(): Promise<string> {
    const run = await store.openRun(lease, { ...NIGHTLY, planDigest: sha256('the next night') });
    return run.runId;
  }

  describe('a pass', () => {
    test('begins with one range, and with one for each cut where several processes share it', async () => {
      expect(await open()).toMatchObject({ status: 'pending', seq: 0, lo: null, hi: null, position: null, rows: 0 });
      const cuts = [key(10), key(20), null];
      const ranges = await store.streams.openPass(lease, firstPass(runId, { container: 'other', cuts }));
      expect(ranges.map(({ seq, lo, hi }) => [seq, lo, hi])).toEqual([
        [0, null, key(10)],
        [1, key(10), key(20)],
        [2, key(20), null],
      ]);
    });

    test('is given again to the action that asks again, with what was acknowledged', async () => {
      const { id } = await open();
      await store.streams.leaseRange(lease, id);
      await store.streams.ackBatch(lease, [batchOf(id)]);
      expect(await open({ settled: xact(99) })).toMatchObject({
        id,
        status: 'leased',
        settled: xact(90),
        position: key(100),
        rows: 100,
        bytes: 204_800,
      });
    });

    test('left unfinished is taken up by the action of another plan, within its own bounds', async () => {
      const { id } = await open();
      await store.streams.ackBatch(lease, [batchOf(id)]);
      const other = await another();
      const taken = await open({ runId: other, actionId: 'copy:logs.Renamed', filter: NEXT_FILTER });
      expect(taken).toMatchObject({ id, actionId: 'copy:logs.Renamed', position: key(100) });
      expect(taken.filter.xactUpTo).toBe(xact(100));
      expect((await store.streams.rangesOf(runId)).size).toBe(0);
      expect((await store.streams.rangesOf(other)).get('copy:logs.Renamed')).toHaveLength(1);
    });

    test('that was taken up and finished is followed by one behind it, and then nothing is left', async () => {
      const left = await open();
      const asked = { runId: await another(), filter: { ...NEXT_FILTER, xactAfter: null }, settled: xact(190) };
      await open(asked);
      await store.streams.finishPass(lease, [left.id]);
      const second = await open(asked);
      expect(second).toMatchObject({ filter: NEXT_FILTER, settled: xact(190), status: 'pending' });
      await store.streams.finishPass(lease, [second.id]);
      expect(await open(asked)).toMatchObject({ id: second.id, status: 'committed' });
    });

    test('that is finished becomes the progress of its container, and finishing it again changes nothing', async () => {
      const { id } = await open();
      await store.streams.ackBatch(lease, [batchOf(id), batchOf(id, { upTo: null, kept: 2, rows: 1, bytes: 10 })]);
      const progress = await store.streams.finishPass(lease, [id]);
      expect(progress).toMatchObject({
        stream: 'logs',
        container: 'source-project',
        destinationContainer: 'destination-project',
        settled: xact(90),
        lastKey: key(100),
        rows: 101,
        bytes: 204_810,
      });
      expect(await store.streams.finishPass(lease, [id])).toEqual(progress);
      const snapshot = await store.snapshot();
      expect(snapshot.streams).toEqual([progress]);
      expect(snapshot.unfinished).toEqual([]);
      expect(snapshot.serial).toBe(0);
    });

    test('adds to the progress of the passes before it, whose greatest key stays', async () => {
      const first = await open();
      await store.streams.ackBatch(lease, [batchOf(first.id)]);
      await store.streams.finishPass(lease, [first.id]);
      const next = await open({ runId: await another(), filter: NEXT_FILTER, settled: xact(190) });
      expect(next.id).not.toBe(first.id);
      await store.streams.ackBatch(lease, [batchOf(next.id, { upTo: key(7), rows: 5, bytes: 50 })]);
      const progress = await store.streams.finishPass(lease, [next.id]);
      expect(progress).toMatchObject({ settled: xact(190), lastKey: key(100), rows: 105, bytes: 204_850 });
    });

    test('into another destination forgets what was written to the one before', async () => {
      const first = await open();
      await store.streams.ackBatch(lease, [batchOf(first.id, { window: Buffer.alloc(8, 1) })]);
      await store.streams.finishPass(lease, [first.id]);
      const again = await open({ runId: await another(), destinationContainer: 'made-again' });
      expect(again).toMatchObject({ position: null, rows: 0, destinationContainer: 'made-again' });
      expect((await store.snapshot()).streams).toEqual([]);
      expect(await store.streams.writtenXacts(LOGS)).toEqual(new Set());
      expect(await store.streams.windowHashes(LOGS)).toHaveLength(0);
    });

    test('over another creation window begins anew, and still knows which transactions were ours', async () => {
      const first = await open();
      await store.streams.ackBatch(lease, [batchOf(first.id)]);
      const filter = { ...firstPass(runId).filter, createdAfter: '2026-01-01T00:00:00.000Z' };
      const again = await open({ runId: await another(), filter });
      expect(again).toMatchObject({ position: null, rows: 0 });
      expect(again.id).not.toBe(first.id);
      expect(await store.streams.writtenXacts(LOGS)).toEqual(new Set([xact(501)]));
    });

    test('of an object that is deleted is forgotten with it', async () => {
      const { id } = await open({ stream: 'dataset_rows', container: 'source-dataset' });
      await store.streams.finishPass(lease, [id]);
      await store.completeAction(lease, runId, 'delete:dataset.Support-bot.Tickets', {
        fingerprint: null,
        forget: { kind: 'dataset', sourceId: 'source-dataset' },
      });
      expect((await store.snapshot()).streams).toEqual([]);
    });
  });

  describe('a batch', () => {
    test('moves the position forward only, and a tie does not move it', async () => {
      const { id } = await open();
      await store.streams.ackBatch(lease, [batchOf(id, { upTo: key(50) })]);
      await store.streams.ackBatch(lease, [batchOf(id, { upTo: null })]);
      await store.streams.ackBatch(lease, [batchOf(id, { upTo: key(40) })]);
      expect(await open()).toMatchObject({ position: key(50), rows: 300 });
    });

    test('of several containers is recorded of all of them or of none', async () => {
      const { id } = await open();
      const acks = [batchOf(id), batchOf('unknown')];
      await expect(store.streams.ackBatch(lease, acks)).rejects.toThrow('unknown');
      expect(await open()).toMatchObject({ position: null, rows: 0 });
    });

    test('is refused once the lock is gone', async () => {
      const { id } = await open();
      await lease.release();
      await expect(store.streams.ackBatch(lease, [batchOf(id)])).rejects.toMatchObject({ code: 'BTM_LEASE_LOST' });
    });

    test('tells which transactions of the destination are ours', async () => {
      const { id } = await open();
      await store.streams.ackBatch(lease, [batchOf(id), batchOf(id, { xactId: xact(502) })]);
      await store.streams.ackBatch(lease, [batchOf(id, { xactId: null })]);
      expect(await store.streams.writtenXacts(LOGS)).toEqual(new Set([xact(501), xact(502)]));
      expect(await store.streams.writtenXacts({ stream: 'logs', id: 'other' })).toEqual(new Set());
    });

    test('remembers rows above the settled transaction until the next pass is finished', async () => {
      const first = await open();
      const late = { window: Buffer.from('row-0001row-0002'), windowNewest: xact(99) };
      await store.streams.ackBatch(lease, [batchOf(first.id, late), batchOf(first.id)]);
      expect(await store.streams.finishPass(lease, [first.id])).toMatchObject({
        windowRows: 2,
        windowNewest: xact(99),
      });
      const next = await open({ runId: await another(), filter: NEXT_FILTER });
      const later = { window: Buffer.alloc(8, 2), windowNewest: xact(199) };
      await store.streams.ackBatch(lease, [batchOf(next.id, later)]);
      expect(await store.streams.windowHashes(LOGS)).toHaveLength(24);
      await store.streams.finishPass(lease, [next.id]);
      expect(await store.streams.windowHashes(LOGS)).toEqual(Buffer.alloc(8, 2));
    });
  });

  describe('what is about to be written', () => {
    const rows = Buffer.from('a hash of 16 B-1a hash of 16 B-2');
    const intent = (rangeId: string, batch: number) => ({ rangeId, batch, newerThan: xact(500), rows });

    test('is known until its batch is acknowledged', async () => {
      const { id } = await open();
      await store.streams.intend(lease, [intent(id, 0)]);
      await store.streams.intend(lease, [intent(id, 1)]);
      expect(await store.streams.intents(LOGS)).toEqual([intent(id, 0), intent(id, 1)]);
      await store.streams.ackBatch(lease, [batchOf(id, { intended: 1 })]);
      await store.streams.ackBatch(lease, [batchOf(id)]);
      expect(await store.streams.intents(LOGS)).toEqual([intent(id, 0)]);
      expect(await store.streams.intents({ stream: 'logs', id: 'other' })).toEqual([]);
    });

    test('outlives its pass, and makes transactions ours when it is settled', async () => {
      const { id } = await open();
      await store.streams.intend(lease, [intent(id, 0)]);
      await store.streams.finishPass(lease, [id]);
      expect(await store.streams.intents(LOGS)).toEqual([intent(id, 0)]);
      await store.streams.settleIntents(lease, LOGS, [xact(502)]);
      expect(await store.streams.intents(LOGS)).toEqual([]);
      expect(await store.streams.writtenXacts(LOGS)).toEqual(new Set([xact(502)]));
    });

    test('is forgotten with the destination that it was meant for', async () => {
      const { id } = await open();
      await store.streams.intend(lease, [intent(id, 0)]);
      await open({ runId: await another(), destinationContainer: 'made-again' });
      expect(await store.streams.intents(LOGS)).toEqual([]);
    });
  });

  test('a late row that is acknowledged twice, before and after a kill, is counted once', async () => {
    const { id } = await open();
    const late = { window: Buffer.from('row-0001row-0002'), windowNewest: xact(99) };
    await store.streams.ackBatch(lease, [batchOf(id, late)]);
    await store.streams.ackBatch(lease, [batchOf(id, { ...late, window: Buffer.from('row-0002row-0003') })]);
    expect(await store.streams.finishPass(lease, [id])).toMatchObject({ windowRows: 3, windowNewest: xact(99) });
  });

  describe('versions', () => {
    test('pair the newest transactions of a pass that left nothing out', async () => {
      const { id } = await open();
      await store.streams.ackBatch(lease, [batchOf(id), batchOf(id, { newestXact: xact(70), xactId: xact(502) })]);
      await store.streams.finishPass(lease, [id]);
      expect((await store.snapshot()).versions).toEqual([
        { kind: 'logs', sourceId: 'source-project', source: xact(80), destination: xact(502) },
      ]);
    });

    test.each([
      ['a row was quarantined', { quarantined: [BAD_ROW] }],
      ['a row was kept', { kept: 1 }],
    ])('are not paired when %s', async (_why, more) => {
      const { id } = await open();
      await store.streams.ackBatch(lease, [batchOf(id, more)]);
      await store.streams.finishPass(lease, [id]);
      expect((await store.snapshot()).versions).toEqual([]);
    });
  });

  describe('attachments', () => {
    test('are found by their source keys', async () => {
      const blobs = ['a', 'b'].map((name) => ({ sourceKey: name, destinationKey: `new-${name}`, size: 7 }));
      await store.streams.recordBlobs(lease, blobs);
      const found = await store.streams.findBlobs(['b', 'c']);
      expect([...found]).toEqual([['b', blobs[1]]]);
    });

    test('are known by the keys they got, with their size', async () => {
      const blobs = ['a', 'b'].map((name, n) => ({ sourceKey: name, destinationKey: `new-${name}`, size: 7 + n }));
      await store.streams.recordBlobs(lease, blobs);
      expect([...(await store.streams.sizesOfCopies(['new-b', 'b']))]).toEqual([['new-b', 8]]);
    });
  });

  describe('quarantine', () => {
    test('keeps an item once, without e-mail addresses, until it is settled', async () => {
      const { id } = await open();
      await store.streams.ackBatch(lease, [batchOf(id, { quarantined: [BAD_ROW] })]);
      await store.streams.ackBatch(lease, [batchOf(id, { quarantined: [BAD_ROW] })]);
      expect(await open()).toMatchObject({ quarantined: 1 });
      const [item, ...rest] = await store.streams.quarantine();
      expect(rest).toEqual([]);
      expect(item).toMatchObject({
        ...BAD_ROW,
        detail: expect.stringMatching(/^input is not valid, says email~[0-9a-f]{16}$/) as string,
        destinationContainer: 'destination-project',
        runId,
        status: 'open',
      });
      await store.streams.settleQuarantined(lease, [BAD_ROW.id]);
      expect(await store.streams.quarantine()).toMatchObject([{ id: BAD_ROW.id, status: 'settled' }]);
    });

    test('knows what was written of it afterwards as ours, whether it is settled or not', async () => {
      const { id } = await open();
      await store.streams.ackBatch(lease, [batchOf(id, { quarantined: [BAD_ROW] })]);
      await store.streams.noteWritten(lease, LOGS, [xact(700)]);
      expect(await store.streams.quarantine()).toMatchObject([{ id: BAD_ROW.id, status: 'open' }]);
      expect(await store.streams.writtenXacts(LOGS)).toContain(xact(700));
    });
  });

  describe('an export', () => {
    test('carries everything that the next night needs', async () => {
      const copyDone = 'copy:experiment_rows.Support-bot.Baseline';
      const done = await open({ container: 'done', stream: 'experiment_rows', actionId: copyDone });
      const window = { window: Buffer.from('0123456789abcdef'), windowNewest: xact(99) };
      await store.streams.ackBatch(lease, [batchOf(done.id, window)]);
      await store.streams.finishPass(lease, [done.id]);
      const { id } = await open();
      await store.streams.ackBatch(lease, [batchOf(id, { quarantined: [BAD_ROW] })]);
      await store.streams.recordBlobs(lease, [{ sourceKey: 'a', destinationKey: 'b', size: 7 }]);
      const intent = { rangeId: id, batch: 3, newerThan: xact(501), rows: Buffer.from('a hash of 16 B-1') };
      await store.streams.intend(lease, [intent]);
      const document = await store.exportDocument();

      const path = join(folder, 'elsewhere.db');
      await importState(parseStateDocument(formatStateDocument(document)), path, {
        ...environment,
        force: false,
        holder: BUILD_7,
      });
      const copy = await openSqliteState({ ...environment, path, mode: 'read', mustExist: true });
      try {
        expect(await copy.exportDocument()).toEqual(document);
        expect(await copy.snapshot()).toEqual(await store.snapshot());
        const experiment = { stream: 'experiment_rows', id: 'done' } as const;
        expect(await copy.streams.windowHashes(experiment)).toEqual(Buffer.from('0123456789abcdef'));
        expect(await copy.streams.writtenXacts(LOGS)).toEqual(new Set([xact(501)]));
        expect((await copy.streams.rangesOf(runId)).get(COPY_LOGS)).toMatchObject([{ position: key(100), rows: 100 }]);
        expect(await copy.streams.intents(LOGS)).toEqual([intent]);
        expect(await copy.streams.quarantine()).toEqual(await store.streams.quarantine());
      } finally {
        await copy.close();
      }
    });

    test('that knows less of a stream does not replace a state that knows more', async () => {
      await store.putMapping(lease, TRIAGE);
      const { id } = await open();
      const before = await store.exportDocument();
      await store.streams.ackBatch(lease, [batchOf(id)]);
      const after = await store.exportDocument();
      const path = join(folder, 'elsewhere.db');
      const options = { ...environment, force: false, holder: BUILD_7 };
      await importState(after, path, options);
      await expect(importState(before, path, options)).rejects.toMatchObject({
        code: 'BTM_FAILED',
        detail: expect.stringContaining('rows of logs source-project') as string,
      });
      await importState(after, path, options);
    });
  });
});
