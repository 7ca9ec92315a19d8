import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BlobUpload } from '../../src/domain/row-io.ts';
import { apiFixture } from '../support/api-fixture.ts';
import { PlantedSource } from '../support/planted-source.ts';

const BYTES = Buffer.from([0, 255, 128, 10, 13, 0]);
let source: PlantedSource;
beforeEach(async () => {
  source = await PlantedSource.start();
});
afterEach(() => source.close());

/** Six bytes that are opened anew for each attempt; `opened` counts how often. */
function upload(changes: Partial<BlobUpload> = {}): BlobUpload & { opened: number } {
  const blob = {
    filename: 'order "1".png',
    contentType: 'image/png',
    size: BYTES.length,
    opened: 0,
    open: async () => {
      blob.opened += 1;
      return pieces();
    },
    ...changes,
  };
  return blob;
}

async function* pieces(): AsyncGenerator<Buffer> {
  yield BYTES.subarray(0, 2);
  yield BYTES.subarray(2);
}

function about(key: string) {
  return { key, filename: 'order "1".png', contentType: 'image/png' };
}

async function open(key: string): Promise<unknown> {
  const blob = await source.reader.openBlob(about(key));
  if (blob.status !== 'done') return blob.status;
  const read: Buffer[] = [];
  for await (const piece of blob.stream) read.push(piece);
  return [blob.size, Buffer.concat(read)];
}

describe('an attachment', () => {
  test('goes up under a new key and comes down as it was', async () => {
    const [one, other] = [await source.writer.putBlob(upload()), await source.writer.putBlob(upload())];
    expect(one).not.toBe(other);
    expect(await open(one)).toEqual([BYTES.length, BYTES]);
  });

  test('is opened again for each attempt to upload it', async () => {
    source.emulator.faults.add({
      match: { path: '/object-store/*', method: 'PUT' },
      times: 2,
      action: { type: 'status', status: 503 },
    });
    const blob = upload();
    expect(await open(await source.writer.putBlob(blob))).toEqual([BYTES.length, BYTES]);
    expect(blob.opened).toBe(3);
  });

  test('may come from a host that takes no more than one request at a time', async () => {
    await source.close();
    const one = apiFixture('', { parallelism: 1 }).options.gates;
    source = await PlantedSource.start(1, {}, { gates: one });
    const stored = await source.writer.putBlob(upload());
    source.emulator.faults.add({
      match: { path: '/object-store/*', method: 'PUT' },
      times: 1,
      action: { type: 'status', status: 503 },
    });
    const openStored = async (): Promise<AsyncIterable<Buffer>> => {
      const blob = await source.reader.openBlob(about(stored));
      if (blob.status !== 'done') throw new Error(blob.status);
      return blob.stream;
    };
    const key = await source.writer.putBlob(upload({ open: openStored }));
    expect(await open(key)).toEqual([BYTES.length, BYTES]);
  });

  test('may be several that wait to be passed on, where one request at a time is allowed', async () => {
    await source.close();
    const one = apiFixture('', { parallelism: 1 }).options.gates;
    source = await PlantedSource.start(1, {}, { gates: one });
    const large = Buffer.alloc(4 * 1024 * 1024, 'a');
    const pieces = async () =>
      (async function* () {
        yield large;
      })();
    const stored = await source.writer.putBlob(upload({ size: large.length, open: pieces }));
    const opened = [await source.reader.openBlob(about(stored)), await source.reader.openBlob(about(stored))];
    for (const blob of opened) {
      if (blob.status !== 'done') throw new Error(blob.status);
      const key = await source.writer.putBlob(upload({ size: large.length, open: async () => blob.stream }));
      const [, bytes] = (await open(key)) as [number, Buffer];
      expect(bytes.equals(large)).toBe(true);
    }
  });

  test.each([
    ['its upload', { method: 'PUT', path: '/object-store/*' }],
    ['its end', { method: 'POST', path: '/attachment/status' }],
    ['its download', { method: 'GET', path: '/object-store/*' }],
  ])('is not believed of a web page that a proxy answers to %s', async (_what, match) => {
    const body = '<html><title>Sign in</title></html>';
    source.emulator.faults.add({ match, times: 1, action: { type: 'status', status: 200, body } });
    const key = await source.writer.putBlob(upload());
    expect(await open(key)).toEqual([BYTES.length, BYTES]);
    expect(source.emulator.faults.list()).toMatchObject([{ hits: 1 }]);
  });

  test.each([BYTES.length - 1, BYTES.length + 1])(
    'that is said to have %i bytes and has six is not uploaded',
    async (size) => {
      await expect(source.writer.putBlob(upload({ size }))).rejects.toMatchObject({
        code: expect.stringMatching(/^BTM_(?:RESPONSE_UNREADABLE|UNREACHABLE)$/),
        detail: expect.stringContaining(String(size)),
      });
    },
  );

  test('that nobody knows is missing, one that never came is uploading', async () => {
    expect(await open('no-such-key')).toBe('missing');
    const { orgId } = await source.reader.identity();
    await source.client.object('POST', '/attachment', { key: 'k', filename: 'a', content_type: 'b', org_id: orgId });
    expect(await open('k')).toBe('uploading');
  });

  test('whose upload failed says why', async () => {
    const { orgId } = await source.reader.identity();
    await source.client.object('POST', '/attachment', { key: 'k', filename: 'a', content_type: 'b', org_id: orgId });
    const status = { upload_status: 'error', error_message: 'connection lost' };
    await source.client.object('POST', '/attachment/status', { key: 'k', org_id: orgId, status });
    expect(await source.reader.openBlob(about('k'))).toEqual({ status: 'error', message: 'connection lost' });
  });

  test('whose bytes the store lost is missing, although the API says that it is there', async () => {
    const { orgId } = await source.reader.identity();
    await source.client.object('POST', '/attachment', { key: 'k', filename: 'a', content_type: 'b', org_id: orgId });
    await source.client.object('POST', '/attachment/status', {
      key: 'k',
      org_id: orgId,
      status: { upload_status: 'done' },
    });
    expect(await open('k')).toBe('missing');
  });
});
