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

  test('a plain row replaces: what is not sent becomes null, key and created and span stay', async () => {
    await rows.logs3({
      ...rows.logKeys,
      id: 'a',
      input: 'old',
      output: 'old',
      span_id: 's',
      created: '2025-01-01T00:00:00Z',
    });
    const before = (await rows.logs()).get('a');
    await rows.logs3({ ...rows.logKeys, id: 'b' }, { ...rows.logKeys, id: 'a', input: 'new' });
    const after = await rows.logs();
    expect([...after.keys()]).toEqual(['a', 'b']);
    const { _xact_id, audit_data, ...rest } = after.get('a') ?? {};
    expect(rest).toEqual({ ...omit(before, '_xact_id', 'audit_data'), input: 'new', output: null });
    expect(BigInt(String(_xact_id))).toBeGreaterThan(BigInt(String(before?._xact_id)));
    expect(audit_data).toEqual([
      { _xact_id: before?._xact_id, audit_data: { action: 'upsert' }, metadata: {}, source: 'api' },
      { _xact_id, audit_data: { action: 'upsert' }, metadata: {}, source: 'api' },
    ]);
  });

  test('a merge goes deep, unites tags, and leaves created and span to the existing row', async () => {
    const first = {
      id: 'a',
      metadata: { a: { x: 1, y: [1] }, b: 1 },
      tags: ['p', 'q'],
      span_id: 's',
      root_span_id: 'r',
      span_parents: ['r'],
    };
    await rows.logs3({ ...rows.logKeys, ...first, created: '2025-01-01T00:00:00.000Z', output: 'kept' });
    await rows.logs3({
      ...rows.logKeys,
      id: 'a',
      _is_merge: true,
      metadata: { a: { y: [2], z: null }, c: 2 },
      tags: ['q', 'new'],
      created: '2026-01-01T00:00:00Z',
      span_id: 'other',
      root_span_id: 'other',
      span_parents: [],
      input: 'added',
    });
    expect((await rows.logs()).get('a')).toMatchObject({
      metadata: { a: { x: 1, y: [2], z: null }, b: 1, c: 2 },
      tags: ['p', 'q', 'new'],
      created: '2025-01-01T00:00:00.000Z',
      span_id: 's',
      root_span_id: 'r',
      span_parents: ['r'],
      is_root: false,
      input: 'added',
      output: 'kept',
      audit_data: [{ audit_data: { action: 'upsert' } }, { audit_data: { action: 'merge' } }],
    });
  });

  test('a merge stops at its paths, and _array_delete takes elements out', async () => {
    await rows.logs3({
      ...rows.logKeys,
      id: 'a',
      metadata: { a: { x: 1 }, b: { x: 1 } },
      tags: ['p', 'q'],
      input: { list: [1, { k: 2 }, 3] },
    });
    await rows.logs3({
      ...rows.logKeys,
      id: 'a',
      _is_merge: true,
      _merge_paths: [['metadata', 'a'], ['tags']],
      metadata: { a: { y: 2 }, b: { y: 2 } },
      tags: ['r', 's'],
    });
    expect((await rows.logs()).get('a')).toMatchObject({
      metadata: { a: { y: 2 }, b: { x: 1, y: 2 } },
      tags: ['r', 's'],
    });
    await rows.logs3({
      ...rows.logKeys,
      id: 'a',
      _is_merge: true,
      _array_delete: [
        { path: ['tags'], delete: ['r'] },
        { path: ['input', 'list'], delete: [{ k: 2 }, 3] },
        { path: ['output'], delete: [1] },
      ],
    });
    expect((await rows.logs()).get('a')).toMatchObject({ tags: ['s'], input: { list: [1] } });
  });

  test('a merge into nothing inserts, and rows of one request see one another', async () => {
    await rows.logs3(
      { ...rows.logKeys, id: 'a', _is_merge: true, metadata: { a: 1 } },
      { ...rows.logKeys, id: 'a', _is_merge: true, metadata: { b: 2 } },
    );
    expect((await rows.logs()).get('a')?.metadata).toEqual({ a: 1, b: 2 });
  });

  test('a deleted row is gone and comes back as a new one', async () => {
    await rows.logs3({ ...rows.logKeys, id: 'a', input: 1 }, { ...rows.logKeys, id: 'b' });
    const [key] = [...(await rows.logs()).values()].map((row) => String(row._pagination_key));
    await rows.logs3(
      { ...rows.logKeys, id: 'a', _object_delete: true },
      { ...rows.logKeys, id: 'unknown', _object_delete: true },
    );
    expect([...(await rows.logs()).keys()]).toEqual(['b']);
    await rows.logs3({ ...rows.logKeys, id: 'a', _is_merge: true, output: 2 });
    const back = (await rows.logs()).get('a');
    expect(back).toMatchObject({ input: null, output: 2 });
    expect(String(back?._pagination_key) > String(key)).toBe(true);
  });

  test('a _parent_id puts the row under its parent', async () => {
    await rows.logs3({ ...rows.logKeys, id: 'parent', span_id: 'p', root_span_id: 'r' });
    await rows.logs3({ ...rows.logKeys, id: 'child', _parent_id: 'parent' });
    expect((await rows.logs()).get('child')).toMatchObject({ span_parents: ['p'], root_span_id: 'r', is_root: false });
  });

  test('feedback merges scores and adds comments, as rows of an SDK and through REST', async () => {
    await rows.logs3({ ...rows.logKeys, id: 'a', scores: { quality: 0.5 } });
    await rows.logs3(
      {
        ...rows.logKeys,
        id: 'a',
        scores: { human: 1 },
        _is_merge: true,
        _audit_source: 'app',
        _audit_metadata: { user: 'ann' },
      },
      { ...rows.logKeys, id: 'c1', origin: { id: 'a' }, comment: { text: 'Well said' }, _audit_source: 'app' },
    );
    const answer = await rows.client.object('POST', `/v1/project_logs/${rows.projectId}/feedback`, {
      feedback: [{ id: 'a', tags: ['reviewed'], comment: 'Agreed', metadata: { from: 'bob' }, source: 'external' }],
    });
    expect(answer).toEqual({ status: 'success' });
    const written = await rows.logs();
    expect([...written.keys()]).toEqual(['a']);
    expect(written.get('a')).toMatchObject({
      scores: { quality: 0.5, human: 1 },
      tags: ['reviewed'],
      comments: [
        { id: 'c1', comment: { text: 'Well said' }, origin: { id: 'a' }, source: 'app' },
        { comment: { text: 'Agreed' }, metadata: { from: 'bob' }, source: 'external' },
      ],
      audit_data: [{}, { source: 'app', metadata: { user: 'ann' } }, { source: 'external', metadata: { from: 'bob' } }],
    });
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

function omit(row: Record<string, unknown> | undefined, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row ?? {}).filter(([name]) => !names.includes(name)));
}
