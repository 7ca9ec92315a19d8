import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RowFixture } from '../../test/support/row-fixture.ts';

describe('a row that is written again', () => {
  let rows: RowFixture;

  beforeEach(async () => {
    rows = await RowFixture.start();
  });
  afterEach(async () => {
    await rows.close();
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
});

function omit(row: Record<string, unknown> | undefined, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row ?? {}).filter(([name]) => !names.includes(name)));
}
