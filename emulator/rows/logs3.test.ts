import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RowFixture } from '../../test/support/row-fixture.ts';

const LOG_COLUMNS =
  '_async_scoring_state,_pagination_key,_xact_id,audit_data,classifications,comments,context,created,error,expected,facets,id,input,is_root,log_id,metadata,metrics,org_id,origin,output,project_id,root_span_id,scores,span_attributes,span_id,span_parents,tags';
const EXPERIMENT_COLUMNS =
  '_pagination_key,_xact_id,audit_data,classifications,comments,context,created,error,expected,experiment_id,facets,id,input,is_root,metadata,metrics,origin,output,project_id,root_span_id,scores,span_attributes,span_id,span_parents,tags';
const DATASET_COLUMNS =
  '_pagination_key,_xact_id,audit_data,classifications,comments,created,dataset_id,expected,facets,id,input,is_root,metadata,origin,project_id,root_span_id,span_id,tags';
const UUID = /^[0-9a-f-]{36}$/;

describe('rows written through /logs3', () => {
  let rows: RowFixture;

  beforeEach(async () => {
    rows = await RowFixture.start();
  });
  afterEach(async () => {
    await rows.close();
  });

  test('the answer has the ids in order and the transaction, from which keys and cursor follow bit by bit', async () => {
    rows.emulator.clock.freeze(Date.UTC(2025, 10, 12, 14, 55, 11));
    const answer = await rows.client.object('POST', '/logs3', {
      rows: [{ ...rows.logKeys, id: 'first' }, rows.logKeys, { ...rows.logKeys, id: 'third' }],
      api_version: 2,
    });
    expect(answer.ids).toEqual(['first', expect.stringMatching(UUID), 'third']);
    const xact = BigInt(String(answer.xact_id));
    expect(xact >> 16n).toBe((0x0de1n << 32n) | BigInt(Date.UTC(2025, 10, 12, 14, 55, 11) / 1000));
    const page = await rows.client.call('POST', '/btql', {
      query: `select: * | from: project_logs('${rows.projectId}')`,
    });
    const data = (page.body as { data: Record<string, unknown>[] }).data;
    const position = (index: bigint): bigint => ((xact & 0xffff_ffff_ffffn) << 16n) | index;
    expect(data.map((row) => row._pagination_key)).toEqual(
      [2n, 1n, 0n].map((index) => `p${position(index).toString().padStart(20, '0')}`),
    );
    const cursor = Buffer.alloc(8);
    cursor.writeBigUInt64BE(position(0n));
    expect(page.headers.get('x-bt-cursor')).toBe(cursor.toString('base64').replace('=', ''));
  });

  test('each container shows its columns, null where nothing was sent', async () => {
    await rows.logs3(
      { ...rows.logKeys, id: 'log' },
      { experiment_id: rows.experimentId, project_id: rows.projectId, id: 'event' },
      { dataset_id: rows.datasetId, id: 'case', output: 'no such column', span_parents: [] },
    );
    for (const [source, columns] of [
      [`project_logs('${rows.projectId}')`, LOG_COLUMNS],
      [`experiment('${rows.experimentId}')`, EXPERIMENT_COLUMNS],
      [`dataset('${rows.datasetId}')`, DATASET_COLUMNS],
    ]) {
      const [row] = await rows.btql(`select: * | from: ${source}`);
      expect(
        Object.keys(row ?? {})
          .sort()
          .join(','),
      ).toBe(columns);
      expect(row).toMatchObject({ input: null, tags: null, comments: null, is_root: true, project_id: rows.projectId });
    }
  });

  test('span ids that were not sent are one fresh UUID; a sent one is its own root', async () => {
    await rows.logs3({ ...rows.logKeys, id: 'bare' }, { ...rows.logKeys, id: 'own', span_id: 's1' });
    const written = await rows.logs();
    const bare = written.get('bare');
    expect(bare?.span_id).toMatch(UUID);
    expect(bare?.root_span_id).toBe(bare?.span_id);
    expect(written.get('own')).toMatchObject({ span_id: 's1', root_span_id: 's1' });
  });

  test('created is kept to the millisecond in UTC, receipt time where it was not sent', async () => {
    rows.emulator.clock.freeze(Date.UTC(2026, 0, 2));
    await rows.logs3(
      { ...rows.logKeys, id: 'micro', created: '2025-10-30T14:13:32.366566+00:00' },
      { ...rows.logKeys, id: 'zoned', created: '2025-10-30T15:13:32+01:00' },
      { ...rows.logKeys, id: 'exact', created: '2024-02-29T23:59:59.999Z' },
      { ...rows.logKeys, id: 'none' },
    );
    const written = await rows.logs();
    expect([...written.values()].map((row) => row.created)).toEqual([
      '2025-10-30T14:13:32.366Z',
      '2025-10-30T14:13:32.000Z',
      '2024-02-29T23:59:59.999Z',
      '2026-01-02T00:00:00.000Z',
    ]);
  });

  test('columns of the server are ignored when they are sent', async () => {
    await rows.logs3({
      ...rows.logKeys,
      id: 'a',
      _xact_id: '1',
      _pagination_key: 'p1',
      org_id: 'x',
      is_root: false,
      comments: [1],
      audit_data: [],
      classifications: {},
    });
    const row = (await rows.logs()).get('a');
    expect(row).toMatchObject({
      comments: null,
      classifications: null,
      is_root: true,
      org_id: rows.emulator.orgs[0]?.id,
    });
    expect(row?._xact_id).not.toBe('1');
  });

  test('a request with one bad row writes nothing', async () => {
    const good = { ...rows.logKeys, id: 'a', _is_merge: true, input: 'changed' };
    await rows.logs3({ ...rows.logKeys, id: 'a', input: 'before' });
    const before = rows.emulator.dump().rows;
    for (const bad of [
      { ...rows.logKeys, id: 7 },
      { id: 'no container' },
      { project_id: rows.projectId, id: 'no log_id' },
      { ...rows.logKeys, id: 'b', created: 'yesterday' },
      { ...rows.logKeys, id: 'a', _is_merge: true, _merge_paths: 'metadata' },
      { ...rows.logKeys, id: 'b', _parent_id: 'nobody' },
    ]) {
      const answer = await rows.client.call('POST', '/logs3', {
        rows: [good, { ...rows.logKeys, id: 'new' }, bad],
        api_version: 2,
      });
      expect([answer.status, bad]).toEqual([400, bad]);
    }
    expect((await rows.post('/logs3', '{"rows":[{"id":"a"},]}')).status).toBe(400);
    expect((await rows.client.call('POST', '/logs3', { rows: 'all', api_version: 2 })).status).toBe(400);
    expect(rows.emulator.dump().rows).toEqual(before);
    await rows.logs3({ ...rows.logKeys, id: 'new' });
    expect([...(await rows.logs()).keys()]).toEqual(['a', 'new']);
  });

  test('a container of another org or of nobody is refused', async () => {
    const unknown = '7d3a2f10-0000-4000-8000-000000000000';
    const other = await rows.client.call('POST', '/logs3', {
      rows: [{ id: 'a', dataset_id: unknown }],
      api_version: 2,
    });
    expect(other.status).toBe(403);
    expect(other.text).toContain(`dataset id ${unknown}, or the dataset does not exist`);
    const foreign = await fetch(`${rows.emulator.url}/logs3`, {
      method: 'POST',
      headers: { authorization: `Bearer ${rows.emulator.orgs[1]?.key}` },
      body: JSON.stringify({ rows: [{ ...rows.logKeys, id: 'a' }], api_version: 2 }),
    });
    expect(foreign.status).toBe(403);
  });

  test('more rows than a key can number get further transactions, still in order', async () => {
    const many = Array.from({ length: 65_540 }, (_, n) => ({ ...rows.logKeys, id: `r${n}` }));
    const chunks = JSON.stringify({ rows: many, api_version: 2 });
    const overflow = await rows.client.object('POST', '/logs3/overflow', {
      content_type: 'application/json',
      size_bytes: chunks.length,
      rows: [],
    });
    await fetch(String(overflow.signedUrl), { method: 'PUT', body: chunks });
    await rows.client.object('POST', '/logs3', { rows: { type: 'logs3_overflow', key: overflow.key }, api_version: 2 });
    const last = await rows.btql(`select: id, _pagination_key | from: project_logs('${rows.projectId}') | limit: 5`);
    expect(last.map((row) => row.id)).toEqual(['r65539', 'r65538', 'r65537', 'r65536', 'r65535']);
    expect(new Set(last.map((row) => row._pagination_key)).size).toBe(5);
  });
});
