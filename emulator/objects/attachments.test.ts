import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EmulatorClient } from '../../test/support/emulator-client.ts';
import { RowFixture } from '../../test/support/row-fixture.ts';
import { startEmulator } from '../start-emulator.ts';

describe('attachments', () => {
  let rows: RowFixture;
  const bytes = Buffer.from([0, 255, 128, 10, 13]);

  beforeEach(async () => {
    rows = await RowFixture.start();
  });
  afterEach(async () => {
    await rows.close();
  });

  const orgId = (): string => rows.emulator.orgs[0]?.id ?? '';
  const about = (key: string) => ({ key, filename: 'cat.png', content_type: 'image/png', org_id: orgId() });

  test('go up and come down through signed URLs, with their status on the way', async () => {
    const slot = await rows.client.object('POST', '/attachment', about('k1'));
    const find = `/attachment?key=k1&filename=cat.png&content_type=image/png&org_id=${orgId()}`;
    expect((await rows.client.object('GET', find)).status).toEqual({ upload_status: 'uploading' });
    const put = await fetch(String(slot.signedUrl), {
      method: 'PUT',
      body: bytes,
      headers: slot.headers as Record<string, string>,
    });
    expect(put.status).toBe(200);
    const done = { key: 'k1', org_id: orgId(), status: { upload_status: 'done' } };
    await rows.client.object('POST', '/attachment/status', done);
    const found = await rows.client.object('GET', find);
    expect(found.status).toEqual({ upload_status: 'done' });
    const down = await fetch(String(found.downloadUrl));
    expect(down.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await down.arrayBuffer())).toEqual(bytes);
  });

  test('of which no byte arrived are known and empty', async () => {
    await rows.client.object('POST', '/attachment', about('k1'));
    const failed = { key: 'k1', org_id: orgId(), status: { upload_status: 'error', error_message: 'connection lost' } };
    await rows.client.object('POST', '/attachment/status', failed);
    const found = await rows.client.object('GET', `/attachment?key=k1&org_id=${orgId()}`);
    expect(found.status).toEqual(failed.status);
    expect((await fetch(String(found.downloadUrl))).status).toBe(404);
  });

  test('belong to one org', async () => {
    await rows.client.object('POST', '/attachment', about('k1'));
    const other = new EmulatorClient(rows.emulator.url, rows.emulator.orgs[1]?.key ?? '');
    expect((await other.call('GET', '/attachment?key=k1')).status).toBe(403);
    expect((await other.call('GET', `/attachment?key=k1&org_id=${orgId()}`)).status).toBe(403);
    expect((await other.call('POST', '/attachment', about('k2'))).status).toBe(403);
  });

  test.each([
    ['GET', '/attachment', undefined],
    ['GET', '/attachment?url=s3://bucket/cat.png', undefined],
    ['POST', '/attachment', { key: 'k1' }],
    ['POST', '/attachment', { ...{ key: '', filename: 'a', content_type: 'b' } }],
    ['POST', '/attachment/status', { key: 'k1', status: { upload_status: 'lost' } }],
  ])('%s %s with %j is refused', async (method, path, body) => {
    expect((await rows.client.call(method, path, body)).status).toBe(400);
  });

  test('a signed URL opens one verb on one key for an hour', async () => {
    rows.emulator.clock.freeze(Date.UTC(2026, 0, 1));
    const { signedUrl } = await rows.client.object('POST', '/attachment', about('k1'));
    const url = String(signedUrl);
    expect((await fetch(url)).status).toBe(403);
    expect((await fetch(url.replace('k1', 'k2'), { method: 'PUT', body: bytes })).status).toBe(403);
    expect((await fetch(url, { method: 'PUT', body: bytes, headers: { authorization: 'Bearer x' } })).status).toBe(400);
    rows.emulator.clock.advance(3_600_000);
    expect((await fetch(url, { method: 'PUT', body: bytes })).status).toBe(403);
  });

  test('travel in dumps', async () => {
    const slot = await rows.client.object('POST', '/attachment', about('k1'));
    await fetch(String(slot.signedUrl), {
      method: 'PUT',
      body: bytes,
      headers: slot.headers as Record<string, string>,
    });
    const copy = await startEmulator({ seed: rows.emulator.dump() });
    const client = new EmulatorClient(copy.url, rows.emulator.orgs[0]?.key ?? '');
    const found = await client.object('GET', `/attachment?key=k1&org_id=${orgId()}`);
    expect(Buffer.from(await (await fetch(String(found.downloadUrl))).arrayBuffer())).toEqual(bytes);
    await copy.close();
  });
});
