import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BtMigrateError } from '../../src/domain/errors.ts';
import type { OrgReader } from '../../src/domain/org.ts';
import type { OpenedBlob } from '../../src/domain/row-io.ts';
import { RowCopy } from '../support/row-copy.ts';

function reference(key: string, filename = 'photo.png'): string {
  return `{"type":"braintrust_attachment","filename":"${filename}","content_type":"image/png","key":"${key}"}`;
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('attachments of rows', () => {
  let acme: RowCopy;
  beforeEach(async () => {
    acme = await RowCopy.start();
  });
  afterEach(() => acme.close());

  /** Announces an attachment in the source, uploads its bytes, and says what became of the upload. */
  async function upload(key: string, bytes: Buffer, status = 'done'): Promise<void> {
    const announced = await acme.source.object('POST', '/attachment', {
      key,
      filename: 'photo.png',
      content_type: 'image/png',
    });
    await fetch(String(announced.signedUrl), { method: 'PUT', body: new Uint8Array(bytes) });
    if (status !== 'uploading') {
      const error_message = status === 'error' ? 'The disk was full' : undefined;
      await acme.source.object('POST', '/attachment/status', { key, status: { upload_status: status, error_message } });
    }
  }

  async function bytesIn(key: unknown): Promise<Buffer> {
    const { downloadUrl } = await acme.destination.object('GET', `/attachment?key=${key}&filename=f&content_type=c`);
    return Buffer.from(await (await fetch(String(downloadUrl))).arrayBuffer());
  }

  function keysIn(rows: Record<string, unknown>[]): unknown[] {
    return rows.map(({ input }) => (input as { key: string }).key);
  }

  test('arrive byte for byte, each once, however many rows, containers and runs refer to it', async () => {
    const [logs, billing] = [await acme.logs(), await acme.logs('Billing bot')];
    const photo = Buffer.alloc(3 * 1024 * 1024, 'pixels');
    await upload('photo-1', photo);
    await upload('photo-2', Buffer.from('small'));
    const rows = Array.from({ length: 1500 }, (_, n) => `"id":"r-${n}","input":${reference(`photo-${1 + (n % 2)}`)}`);
    await acme.write('source', logs, rows.slice(0, 900));
    await acme.write('source', logs, rows.slice(900));
    await acme.write('source', billing, rows.slice(0, 3));
    const { ranges } = await acme.copy([logs]);
    expect(ranges[0]?.tally.references).toMatchObject({ remapped: 1500, unresolved: new Map() });
    await acme.copy([billing]);
    const keys = keysIn(await acme.rows('destination', logs));
    expect(new Set(keys).size).toBe(2);
    expect(keys).not.toContain('photo-1');
    expect(keysIn(await acme.rows('destination', billing))).toEqual(keys.slice(0, 3));
    expect(acme.writes('/attachment/status')).toBe(2);
    expect(digest(await bytesIn(keys[0]))).toBe(digest(photo));
    expect((await bytesIn(keys[1])).toString()).toBe('small');
    expect(acme.events.filter(({ type }) => type === 'attachment_copied').length).toBe(2);
  });

  test('that are not there cost one item each, and no row', async () => {
    const logs = await acme.logs();
    await upload('whole', Buffer.from('whole'));
    await upload('begun', Buffer.from('begun'), 'uploading');
    await upload('failed', Buffer.from('failed'), 'error');
    const keys = ['whole', 'begun', 'failed', 'unknown', 'begun', 'unknown'];
    await acme.write(
      'source',
      logs,
      keys.map((key, n) => `"id":"r-${n}","input":${reference(key)},"output":1.0`),
    );
    const { ranges } = await acme.copy([logs]);
    expect(ranges).toMatchObject([{ rows: 6, quarantined: 3 }]);
    expect(ranges[0]?.tally.references.unresolved).toEqual(new Map([['attachment', 5]]));
    const copied = keysIn(await acme.rows('destination', logs));
    expect(copied.slice(1)).toEqual(keys.slice(1));
    expect((await bytesIn(copied[0])).toString()).toBe('whole');
    const items = (await acme.store.streams.quarantine()).map((item) => [item.attachmentKey, item.reason, item.rowId]);
    expect(new Set(items.map((item) => JSON.stringify(item)))).toEqual(
      new Set([
        '["begun","attachment_uploading","r-1"]',
        '["failed","attachment_failed","r-2"]',
        '["unknown","attachment_missing","r-3"]',
      ]),
    );
    expect(acme.events.filter(({ type }) => type === 'attachment_failed').length).toBe(3);
  });

  test('that are larger than an upload may be are one item, and are not uploaded', async () => {
    const logs = await acme.logs();
    await upload('film', Buffer.from('the beginning of a film'));
    await acme.write('source', logs, [
      `"id":"a","input":${reference('film')}`,
      `"id":"b","input":${reference('film')}`,
    ]);
    const enormous = (reader: OrgReader): OrgReader => ({
      ...reader,
      openBlob: async (blob) =>
        ({ ...(await reader.openBlob(blob)), status: 'done', size: 6 * 1024 ** 3 }) as OpenedBlob,
    });
    const { ranges } = await acme.copy([logs], { wrapReader: enormous });
    expect(ranges).toMatchObject([{ rows: 2, quarantined: 1 }]);
    expect(await acme.store.streams.quarantine()).toMatchObject([
      { attachmentKey: 'film', reason: 'attachment_too_large', rowId: 'a' },
    ]);
    expect(acme.writes('/attachment')).toBe(0);
  });

  test('that were recorded when a run was killed are not uploaded again', async () => {
    const logs = await acme.logs();
    for (const key of ['early', 'late']) {
      await upload(key, Buffer.from(key));
      await acme.write('source', logs, [`"id":"${key}","input":${reference(key)}`]);
    }
    const recorded = async (): Promise<void> => {
      while ((await acme.store.streams.findBlobs(['early'])).size === 0) await nextTurn();
    };
    const dying = (reader: OrgReader): OrgReader => ({
      ...reader,
      openBlob: async (blob) => {
        if (blob.key === 'early') return reader.openBlob(blob);
        await recorded();
        throw new BtMigrateError('BTM_INTERRUPTED', { detail: 'The process is gone.' });
      },
    });
    await expect(acme.copy([logs], { wrapReader: dying, finish: false })).rejects.toMatchObject({
      code: 'BTM_INTERRUPTED',
    });
    expect(acme.writes('/attachment/status')).toBe(1);
    expect(await acme.copy([logs])).toMatchObject({ ranges: [{ rows: 2, quarantined: 0 }] });
    expect(acme.writes('/attachment/status')).toBe(2);
    const copied = keysIn(await acme.rows('destination', logs));
    expect((await Promise.all(copied.map(bytesIn))).map(String)).toEqual(['early', 'late']);
  });

  test('whose bytes break off are read again, and are one item when they always do', async () => {
    const logs = await acme.logs();
    await upload('shaky', Buffer.alloc(200_000, 'x'));
    await acme.write('source', logs, [`"id":"a","input":${reference('shaky')}`]);
    const [id = ''] = acme.emulator.faults.add({
      match: { method: 'GET', path: '/object-store/*' },
      times: 2,
      action: { type: 'truncate', bytes: 1000 },
    });
    await acme.copy([logs]);
    const [key] = keysIn(await acme.rows('destination', logs));
    expect((await bytesIn(key)).length).toBe(200_000);
    expect(acme.emulator.faults.hits(id)).toBe(2);
    await acme.write('source', logs, [`"id":"b","input":${reference('broken')}`]);
    await upload('broken', Buffer.alloc(200_000, 'x'));
    acme.emulator.faults.add({
      match: { method: 'GET', path: '/object-store/*' },
      action: { type: 'truncate', bytes: 9 },
    });
    const { ranges } = await acme.copy([logs], { xactAfter: '1000000000000000000' });
    expect(ranges[0]).toMatchObject({ quarantined: 1 });
    expect(await acme.store.streams.quarantine()).toMatchObject([
      { attachmentKey: 'broken', reason: 'attachment_failed', rowId: 'b' },
    ]);
  });

  test('keep their keys when those mean the same in the destination, and are counted when they are not copied', async () => {
    const logs = await acme.logs();
    await acme.write('source', logs, [`"id":"a","input":${reference('shared')}`]);
    const kept = await acme.copy([logs], { attachments: 'keep', finish: false });
    expect(kept.ranges[0]?.tally.references.unresolved).toEqual(new Map());
    const billing = await acme.logs('Billing bot');
    await acme.write('source', billing, [`"id":"a","input":${reference('shared')}`]);
    const skipped = await acme.copy([billing], { attachments: 'skip' });
    expect(skipped.ranges[0]?.tally.references.unresolved).toEqual(new Map([['attachment', 1]]));
    for (const container of [logs, billing]) {
      expect(keysIn(await acme.rows('destination', container))).toEqual(['shared']);
    }
    expect(acme.writes('/attachment')).toBe(0);
    expect(await acme.store.streams.quarantine()).toEqual([]);
  });

  test('are copied when the store does not tell their size, and held in pieces only', async () => {
    const logs = await acme.logs();
    const bytes = Buffer.alloc(2 * 1024 * 1024, 'chunked');
    await upload('chunked', bytes);
    await acme.write('source', logs, [`"id":"a","input":${reference('chunked')}`]);
    let largest = 0;
    const sizeless = (reader: OrgReader): OrgReader => ({
      ...reader,
      openBlob: async (blob) => {
        const opened = await reader.openBlob(blob);
        if (opened.status !== 'done') return opened;
        const { stream } = opened;
        async function* pieces(): AsyncGenerator<Buffer> {
          for await (const piece of stream) {
            largest = Math.max(largest, piece.length);
            yield piece;
          }
        }
        return { ...opened, size: null, stream: Object.assign(pieces(), { destroy: () => stream.destroy() }) };
      },
    });
    await acme.copy([logs], { wrapReader: sizeless });
    const [key] = keysIn(await acme.rows('destination', logs));
    expect(digest(await bytesIn(key))).toBe(digest(bytes));
    expect(largest).toBeLessThan(bytes.length);
  });
});
