import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Row, RowFixture } from '../../test/support/row-fixture.ts';

describe('rows through the REST API', () => {
  let rows: RowFixture;

  beforeEach(async () => {
    rows = await RowFixture.start();
  });
  afterEach(async () => {
    await rows.close();
  });

  const insert = (type: string, id: string, events: Row[]) =>
    rows.client.object('POST', `/v1/${type}/${id}/insert`, { events });

  async function fetchAll(path: string, limit: number): Promise<string[]> {
    const pages: string[] = [];
    let cursor: string | null = null;
    for (;;) {
      const page = await rows.client.call('POST', path, { limit, cursor });
      const { events } = page.body as { events: Row[] };
      cursor = page.headers.get('x-bt-cursor');
      if (cursor === null) return pages;
      pages.push(events.map(({ id }) => id).join(' '));
    }
  }

  test('an insert answers the ids in order, minted ones included', async () => {
    const answer = await insert('dataset', rows.datasetId, [
      { id: 'a' },
      { input: 1 },
      { id: 'c', dataset_id: 'ignored' },
    ]);
    expect(answer).toEqual({ row_ids: ['a', expect.stringMatching(/^[0-9a-f-]{36}$/), 'c'] });
    const bad = await rows.client.call('POST', `/v1/dataset/${rows.datasetId}/insert`, { events: 'all' });
    expect(bad.status).toBe(400);
    expect((await rows.client.call('POST', '/v1/dataset/nonsense/insert', { events: [] })).status).toBe(400);
  });

  test('one request writes into several containers, rows and feedback', async () => {
    const answer = await rows.client.object('POST', '/v1/insert', {
      project_logs: { [rows.projectId]: { events: [{ id: 'l' }], feedback: [{ id: 'l', scores: { good: 1 } }] } },
      dataset: { [rows.datasetId]: { events: [{ id: 'd' }, { id: 'e' }] } },
      experiment: null,
    });
    expect(answer).toEqual({
      project_logs: { [rows.projectId]: { row_ids: ['l'] } },
      dataset: { [rows.datasetId]: { row_ids: ['d', 'e'] } },
    });
    expect((await rows.logs()).get('l')).toMatchObject({ scores: { good: 1 } });
    const exact = `{"dataset":{"${rows.datasetId}":{"events":[{"id":"é","input":9007199254740993}]}}}`;
    expect((await rows.post('/v1/insert', exact)).body).toEqual({ dataset: { [rows.datasetId]: { row_ids: ['é'] } } });
    expect((await rows.rowTexts(`dataset('${rows.datasetId}')`)).at(-1)).toContain('"input":9007199254740993');
    for (const wrong of ['[]', '{"dataset":1}', `{"dataset":{"${rows.datasetId}":{"events":1}}}`, '{']) {
      expect((await rows.post('/v1/insert', wrong)).status).toBe(400);
    }
  });

  test('fetch goes from newest to oldest, rows of a dataset and whole traces of logs', async () => {
    await insert(
      'dataset',
      rows.datasetId,
      ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id })),
    );
    expect(await fetchAll(`/v1/dataset/${rows.datasetId}/fetch`, 2)).toEqual(['e d', 'c b', 'a']);
    const span = (id: string, root: string): Row => ({ id, span_id: id, root_span_id: root });
    await insert('project_logs', rows.projectId, [
      span('a', 't1'),
      span('b', 't1'),
      span('c', 't2'),
      span('d', 't3'),
      span('e', 't3'),
    ]);
    expect(await fetchAll(`/v1/project_logs/${rows.projectId}/fetch`, 2)).toEqual(['e d c', 'b a']);
    const byQuery = await rows.client.object('GET', `/v1/project_logs/${rows.projectId}/fetch?limit=1`);
    expect((byQuery.events as Row[]).map(({ id }) => id)).toEqual(['e', 'd']);
    expect((await rows.client.call('POST', `/v1/dataset/${rows.datasetId}/fetch`, { cursor: '!' })).status).toBe(400);
    expect((await rows.client.call('POST', `/v1/dataset/${rows.datasetId}/fetch`, { limit: -1 })).status).toBe(400);
  });

  test('an experiment is summed up and compared with its base, case by case', async () => {
    const turn = (id: string, input: string, score: number, tokens: number): Row[] => [
      { id, span_id: id, root_span_id: id, input, scores: { quality: score }, metrics: { start: 10, end: 12 } },
      {
        id: `${id}-llm`,
        span_id: `${id}-llm`,
        root_span_id: id,
        span_parents: [id],
        metrics: { prompt_tokens: tokens, tokens },
        span_attributes: { type: 'llm' },
      },
    ];
    const { id: next } = await rows.client.object('POST', '/v1/experiment', {
      project_id: rows.projectId,
      name: 'Next',
      base_exp_id: rows.experimentId,
    });
    await insert('experiment', rows.experimentId, [
      ...turn('a', 'x', 0.5, 10),
      ...turn('b', 'y', 0.5, 10),
      ...turn('c', 'z', 0.5, 10),
    ]);
    await insert('experiment', String(next), [...turn('a', 'x', 1, 20), ...turn('b', 'y', 0.25, 10)]);
    const wanted = { name: 'quality', score: 0.625, diff: 0.125, improvements: 1, regressions: 1 };
    const compared = await rows.client.object(
      'GET',
      `/experiment-comparison2?experiment_id=${next}&base_experiment_id=${rows.experimentId}`,
    );
    expect(compared).toMatchObject({
      scores: { quality: wanted },
      metrics: {
        llm_calls: { metric: 1, unit: '', diff: 0 },
        prompt_tokens: { metric: 15, unit: 'tok', diff: 5, improvements: 0, regressions: 1 },
        duration: { metric: 2, unit: 's' },
      },
    });
    const summary = await rows.client.object('GET', `/v1/experiment/${next}/summarize?summarize_scores=true`);
    expect(summary).toMatchObject({
      project_name: 'Support bot',
      experiment_name: 'Next',
      comparison_experiment_name: 'Baseline',
      scores: { quality: wanted },
    });
    expect(Object.keys(await rows.client.object('GET', `/v1/experiment/${next}/summarize`))).toHaveLength(4);
  });

  test('a dataset is counted, and goes back to an older version', async () => {
    const before = await rows.client.object('POST', '/logs3', {
      rows: ['a', 'b', 'c'].map((id) => ({ dataset_id: rows.datasetId, id, input: `old ${id}` })),
      api_version: 2,
    });
    await rows.logs3(
      { dataset_id: rows.datasetId, id: 'a', input: 'new' },
      { dataset_id: rows.datasetId, id: 'b', _object_delete: true },
      { dataset_id: rows.datasetId, id: 'd' },
    );
    expect(await rows.client.object('GET', `/dataset-summary?dataset_id=${rows.datasetId}`)).toEqual({
      total_records: 3,
    });
    const body = { version: before.xact_id };
    const path = `/v1/dataset/${rows.datasetId}/restore`;
    expect(await rows.client.object('POST', `${path}/preview`, body)).toEqual({
      rows_to_restore: 2,
      rows_to_delete: 1,
    });
    expect(await rows.client.object('POST', path, body)).toMatchObject({ rows_restored: 2, rows_deleted: 1 });
    const restored = await rows.btql(`SELECT id, input FROM dataset('${rows.datasetId}') ORDER BY id`);
    expect(restored).toEqual(['a', 'b', 'c'].map((id) => ({ id, input: `old ${id}` })));
    expect(await rows.client.object('POST', `${path}/preview`, body)).toEqual({
      rows_to_restore: 0,
      rows_to_delete: 0,
    });
    expect((await rows.client.call('POST', path, { version: 'x' })).status).toBe(400);
    const summary = await rows.client.object('GET', `/v1/dataset/${rows.datasetId}/summarize?summarize_data=true`);
    expect(summary).toMatchObject({ dataset_name: 'Tickets', data_summary: { total_records: 3 } });
  });
});
