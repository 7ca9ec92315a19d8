import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { STORE_KINDS } from '../support/open-test-store.ts';
import { BAD_ROW, batchOf, key, xact } from '../support/stream-fixture.ts';
import { StreamStoreFixture } from '../support/stream-store-fixture.ts';

const LOGS = { stream: 'logs', id: 'source-project' } as const;
const NEXT_FILTER = { xactAfter: xact(90), xactUpTo: xact(200), createdAfter: null, createdBefore: null };

/** What copying rows relies on, whatever keeps the state. */
describe.each(STORE_KINDS)('batches in a state store: %s', (kind) => {
  let acme: StreamStoreFixture;
  beforeEach(async () => {
    acme = await StreamStoreFixture.start(kind);
  });
  afterEach(() => acme.close());

  describe('a batch', () => {
    test('moves the position forward only, and a tie does not move it', async () => {
      const { id } = await acme.open();
      await acme.store.streams.ackBatch(acme.lease, [batchOf(id, { upTo: key(50) })]);
      await acme.store.streams.ackBatch(acme.lease, [batchOf(id, { upTo: null })]);
      await acme.store.streams.ackBatch(acme.lease, [batchOf(id, { upTo: key(40) })]);
      expect(await acme.open()).toMatchObject({ position: key(50), rows: 300 });
    });

    test('of several containers is recorded of all of them or of none', async () => {
      const { id } = await acme.open();
      const acks = [batchOf(id), batchOf('unknown')];
      await expect(acme.store.streams.ackBatch(acme.lease, acks)).rejects.toThrow('unknown');
      expect(await acme.open()).toMatchObject({ position: null, rows: 0 });
    });

    test('is refused once the lock is gone', async () => {
      const { id } = await acme.open();
      await acme.lease.release();
      await expect(acme.store.streams.ackBatch(acme.lease, [batchOf(id)])).rejects.toMatchObject({
        code: 'BTM_LEASE_LOST',
      });
    });

    test('tells which transactions of the destination are ours', async () => {
      const { id } = await acme.open();
      await acme.store.streams.ackBatch(acme.lease, [batchOf(id), batchOf(id, { xactId: xact(502) })]);
      await acme.store.streams.ackBatch(acme.lease, [batchOf(id, { xactId: null })]);
      expect(await acme.store.streams.writtenXacts(LOGS)).toEqual(new Set([xact(501), xact(502)]));
      expect(await acme.store.streams.writtenXacts({ stream: 'logs', id: 'other' })).toEqual(new Set());
    });

    test('remembers rows above the settled transaction until the next pass is finished', async () => {
      const first = await acme.open();
      const late = { window: Buffer.from('row-0001row-0002'), windowNewest: xact(99) };
      await acme.store.streams.ackBatch(acme.lease, [batchOf(first.id, late), batchOf(first.id)]);
      expect(await acme.store.streams.finishPass(acme.lease, [first.id])).toMatchObject({
        windowRows: 2,
        windowNewest: xact(99),
      });
      const next = await acme.open({ runId: await acme.another(), filter: NEXT_FILTER });
      const later = { window: Buffer.alloc(8, 2), windowNewest: xact(199) };
      await acme.store.streams.ackBatch(acme.lease, [batchOf(next.id, later)]);
      expect(await acme.store.streams.windowHashes(LOGS)).toHaveLength(24);
      await acme.store.streams.finishPass(acme.lease, [next.id]);
      expect(await acme.store.streams.windowHashes(LOGS)).toEqual(Buffer.alloc(8, 2));
    });
  });

  test('a late row that is acknowledged twice, before and after a kill, is counted once', async () => {
    const { id } = await acme.open();
    const late = { window: Buffer.from('row-0001row-0002'), windowNewest: xact(99) };
    await acme.store.streams.ackBatch(acme.lease, [batchOf(id, late)]);
    await acme.store.streams.ackBatch(acme.lease, [batchOf(id, { ...late, window: Buffer.from('row-0002row-0003') })]);
    expect(await acme.store.streams.finishPass(acme.lease, [id])).toMatchObject({
      windowRows: 3,
      windowNewest: xact(99),
    });
  });

  describe('what is about to be written', () => {
    const rows = Buffer.from('a hash of 16 B-1a hash of 16 B-2');
    const intent = (rangeId: string, batch: number) => ({ rangeId, batch, newerThan: xact(500), rows });

    test('is known until its batch is acknowledged', async () => {
      const { id } = await acme.open();
      await acme.store.streams.intend(acme.lease, [intent(id, 0)]);
      await acme.store.streams.intend(acme.lease, [intent(id, 1)]);
      expect(await acme.store.streams.intents(LOGS)).toEqual([intent(id, 0), intent(id, 1)]);
      await acme.store.streams.ackBatch(acme.lease, [batchOf(id, { intended: 1 })]);
      await acme.store.streams.ackBatch(acme.lease, [batchOf(id)]);
      expect(await acme.store.streams.intents(LOGS)).toEqual([intent(id, 0)]);
      expect(await acme.store.streams.intents({ stream: 'logs', id: 'other' })).toEqual([]);
    });

    test('outlives its pass, and makes transactions ours when it is settled', async () => {
      const { id } = await acme.open();
      await acme.store.streams.intend(acme.lease, [intent(id, 0)]);
      await acme.store.streams.finishPass(acme.lease, [id]);
      expect(await acme.store.streams.intents(LOGS)).toEqual([intent(id, 0)]);
      await acme.store.streams.settleIntents(acme.lease, LOGS, [xact(502)]);
      expect(await acme.store.streams.intents(LOGS)).toEqual([]);
      expect(await acme.store.streams.writtenXacts(LOGS)).toEqual(new Set([xact(502)]));
    });

    test('is forgotten with the destination that it was meant for', async () => {
      const { id } = await acme.open();
      await acme.store.streams.intend(acme.lease, [intent(id, 0)]);
      await acme.open({ runId: await acme.another(), destinationContainer: 'made-again' });
      expect(await acme.store.streams.intents(LOGS)).toEqual([]);
    });
  });

  describe('attachments', () => {
    test('are found by their source keys', async () => {
      const blobs = ['a', 'b'].map((name) => ({ sourceKey: name, destinationKey: `new-${name}`, size: 7 }));
      await acme.store.streams.recordBlobs(acme.lease, blobs);
      const found = await acme.store.streams.findBlobs(['b', 'c']);
      expect([...found]).toEqual([['b', blobs[1]]]);
    });

    test('are known by the keys they got, with their size', async () => {
      const blobs = ['a', 'b'].map((name, n) => ({ sourceKey: name, destinationKey: `new-${name}`, size: 7 + n }));
      await acme.store.streams.recordBlobs(acme.lease, blobs);
      expect([...(await acme.store.streams.sizesOfCopies(['new-b', 'b']))]).toEqual([['new-b', 8]]);
    });
  });

  describe('quarantine', () => {
    test('keeps an item once, without e-mail addresses, until it is settled', async () => {
      const { id } = await acme.open();
      await acme.store.streams.ackBatch(acme.lease, [batchOf(id, { quarantined: [BAD_ROW] })]);
      await acme.store.streams.ackBatch(acme.lease, [batchOf(id, { quarantined: [BAD_ROW] })]);
      expect(await acme.open()).toMatchObject({ quarantined: 1 });
      const [item, ...rest] = await acme.store.streams.quarantine();
      expect(rest).toEqual([]);
      expect(item).toMatchObject({
        ...BAD_ROW,
        detail: expect.stringMatching(/^input is not valid, says email~[0-9a-f]{16}$/) as string,
        destinationContainer: 'destination-project',
        runId: acme.runId,
        status: 'open',
      });
      await acme.store.streams.settleQuarantined(acme.lease, [BAD_ROW.id]);
      expect(await acme.store.streams.quarantine()).toMatchObject([{ id: BAD_ROW.id, status: 'settled' }]);
    });

    test('knows what was written of it afterwards as ours, whether it is settled or not', async () => {
      const { id } = await acme.open();
      await acme.store.streams.ackBatch(acme.lease, [batchOf(id, { quarantined: [BAD_ROW] })]);
      await acme.store.streams.noteWritten(acme.lease, LOGS, [xact(700)]);
      expect(await acme.store.streams.quarantine()).toMatchObject([{ id: BAD_ROW.id, status: 'open' }]);
      expect(await acme.store.streams.writtenXacts(LOGS)).toContain(xact(700));
    });
  });
});
