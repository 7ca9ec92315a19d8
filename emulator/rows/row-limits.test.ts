import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { RowFixture } from '../../test/support/row-fixture.ts';

describe('sizes and large bodies', () => {
  let rows: RowFixture;

  afterEach(async () => {
    await rows.close();
  });

  test('the limit is advertised, and enforced on inserts and on overflow descriptors', async () => {
    rows = await RowFixture.start({ switches: { logs3PayloadMaxBytes: 2000 } });
    expect(await rows.client.object('GET', '/version')).toMatchObject({ logs3_payload_max_bytes: 2000 });
    const events = [{ id: 'a', input: 'x'.repeat(2000) }];
    const body = { rows: [{ ...rows.logKeys, ...events[0] }], api_version: 2 };
    expect((await rows.client.call('POST', '/logs3', body)).status).toBe(413);
    expect((await rows.client.call('POST', `/v1/dataset/${rows.datasetId}/insert`, { events })).status).toBe(413);
    const across = { dataset: { [rows.datasetId]: { events } } };
    expect((await rows.client.call('POST', '/v1/insert', across)).status).toBe(413);
    const descriptors = Array.from({ length: 60 }, () => ({ object_ids: rows.logKeys, input_row: { byte_size: 1 } }));
    const overflow = { content_type: 'application/json', size_bytes: 1, rows: descriptors };
    expect((await rows.client.call('POST', '/logs3/overflow', overflow)).status).toBe(413);
    expect(await rows.logs()).toEqual(new Map());
  });

  test('without an advertised limit there is no overflow route', async () => {
    rows = await RowFixture.start({ switches: { logs3PayloadMaxBytes: null } });
    expect(await rows.client.object('GET', '/version')).toMatchObject({ logs3_payload_max_bytes: null });
    const overflow = { content_type: 'application/json', size_bytes: 1, rows: [] };
    expect((await rows.client.call('POST', '/logs3/overflow', overflow)).status).toBe(400);
  });

  test.each(['PUT', 'POST'] as const)('rows above the limit arrive by a signed %s upload, once', async (style) => {
    rows = await RowFixture.start({ switches: { overflowUpload: style, logs3PayloadMaxBytes: 1000 } });
    const body = JSON.stringify({ rows: [{ ...rows.logKeys, id: 'big', input: 'x'.repeat(5000) }], api_version: 2 });
    const slot = await rows.client.object('POST', '/logs3/overflow', {
      content_type: 'application/json',
      size_bytes: body.length,
      rows: [{ object_ids: rows.logKeys, has_comment: false, is_delete: false, input_row: { byte_size: body.length } }],
    });
    expect(slot.method).toBe(style);
    const commit = { rows: { type: 'logs3_overflow', key: slot.key }, api_version: 2 };
    expect((await rows.client.call('POST', '/logs3', commit)).status).toBe(400);
    expect((await upload(slot, body)).ok).toBe(true);
    expect((await rows.client.object('POST', '/logs3', commit)).ids).toEqual(['big']);
    expect((await rows.client.call('POST', '/logs3', commit)).status).toBe(400);
    expect([...(await rows.logs()).keys()]).toEqual(['big']);
  });

  test('an upload of one org cannot be committed by another', async () => {
    rows = await RowFixture.start();
    const slot = await rows.client.object('POST', '/logs3/overflow', { size_bytes: 2, rows: [] });
    const answer = await fetch(`${rows.emulator.url}/logs3`, {
      method: 'POST',
      headers: { authorization: `Bearer ${rows.emulator.orgs[1]?.key}` },
      body: JSON.stringify({ rows: { type: 'logs3_overflow', key: slot.key }, api_version: 2 }),
    });
    expect(answer.status).toBe(403);
  });

  test('a single row has a limit on every route', async () => {
    rows = await RowFixture.start({ switches: { maxRowBytes: 500 } });
    const body = { rows: [{ ...rows.logKeys, id: 'a', input: 'x'.repeat(500) }], api_version: 2 };
    expect((await rows.client.call('POST', '/logs3', body)).status).toBe(413);
    await rows.logs3({ ...rows.logKeys, id: 'a', input: 'x'.repeat(150) });
    const grown = { ...rows.logKeys, id: 'a', _is_merge: true, output: 'x'.repeat(150) };
    expect((await rows.client.call('POST', '/logs3', { rows: [grown], api_version: 2 })).status).toBe(413);
  });

  test.each([true, false])(
    'a large answer is a 303 to a signed, gzipped copy (says so: %s)',
    async (redirectNamesEncoding) => {
      rows = await RowFixture.start({ switches: { redirectAboveBytes: 3000, redirectNamesEncoding } });
      await rows.logs3({ ...rows.logKeys, id: 'big', input: 'x'.repeat(5000) });
      const query = `select: * | from: project_logs('${rows.projectId}')`;
      for (const answer of [
        await rows.client.call('POST', '/btql', { query }),
        await rows.client.call('POST', `/v1/project_logs/${rows.projectId}/fetch`, { limit: 10 }),
      ]) {
        expect([answer.status, answer.text]).toEqual([303, '']);
        expect(answer.headers.get('x-bt-cursor')).toMatch(/^[A-Za-z0-9+/]{11}$/);
        const location = answer.headers.get('location') ?? '';
        const stored = await fetch(location);
        expect(stored.headers.get('content-encoding')).toBe(redirectNamesEncoding ? 'gzip' : null);
        const bytes = Buffer.from(await stored.arrayBuffer());
        const body = JSON.parse((redirectNamesEncoding ? bytes : gunzipSync(bytes)).toString('utf8')) as Record<
          string,
          { id: string }[]
        >;
        expect((body.data ?? body.events)?.map(({ id }) => id)).toEqual(['big']);
        const withKey = await fetch(location, { headers: { authorization: 'Bearer sk' } });
        expect(withKey.status).toBe(400);
        expect((await fetch(location.replace(/signature=../, 'signature=00'))).status).toBe(403);
      }
      const few = await rows.client.call('POST', '/btql', { query: `${query} | limit: 0` });
      expect(few.status).toBe(200);
    },
  );
});

function upload(slot: Record<string, unknown>, body: string): Promise<Response> {
  if (slot.method === 'PUT') {
    return fetch(String(slot.signedUrl), { method: 'PUT', body, headers: slot.headers as Record<string, string> });
  }
  const form = new FormData();
  const fields = slot.fields as Record<string, string>;
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new Blob([body], { type: fields['Content-Type'] ?? '' }), 'logs3.json');
  return fetch(String(slot.signedUrl), { method: 'POST', body: form });
}
