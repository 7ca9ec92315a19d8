import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { QueryFixture } from '../../test/support/query-fixture.ts';
import type { Row, RowFixture } from '../../test/support/row-fixture.ts';

let fixture: QueryFixture;
let rows: RowFixture;

beforeAll(async () => {
  fixture = await QueryFixture.start();
  rows = fixture.rows;
});
afterAll(async () => {
  await fixture.rows.close();
});

describe('pages', () => {
  test.each([
    ['newest first without a sort', '', 'l9 l8 l7 l6 l5 l4 l3 l2 l1 l0'],
    ['by ascending key', ' | sort: _pagination_key asc', 'l0 l1 l2 l3 l4 l5 l6 l7 l8 l9'],
    ['by descending key', ' | sort: _pagination_key DESC', 'l9 l8 l7 l6 l5 l4 l3 l2 l1 l0'],
  ])('%s a cursor leads through all rows, in the body and the header', async (_, sort, wanted) => {
    const seen: string[] = [];
    let clause = '';
    for (;;) {
      const query = fixture.filled(`select: * | from: project_logs('P')${sort} | limit: 3${clause}`);
      const answer = await rows.client.call('POST', '/btql', { query });
      const body = answer.body as { data: Row[]; cursor?: string };
      expect(body.cursor ?? null).toBe(answer.headers.get('x-bt-cursor'));
      if (body.cursor === undefined) break;
      seen.push(...body.data.map(({ id }) => String(id)));
      clause = ` | cursor: "${body.cursor}"`;
    }
    expect(seen.join(' ')).toBe(wanted);
  });

  test('a cursor works as OFFSET and in the request body too', async () => {
    const first = await rows.client.call('POST', '/btql', {
      query: fixture.filled("SELECT * FROM project_logs('P') LIMIT 4"),
    });
    const cursor = first.headers.get('x-bt-cursor') ?? '';
    expect(await fixture.ids(`SELECT * FROM project_logs('P') LIMIT 2 OFFSET '${cursor}'`)).toBe('l5 l4');
    expect(await fixture.ids("select: * | from: project_logs('P') | limit: 2", { cursor })).toBe('l5 l4');
  });

  test('with a sort by anything else, and with aggregates, there is none', async () => {
    for (const query of [
      "SELECT * FROM project_logs('P') ORDER BY created DESC",
      "SELECT count(*) FROM project_logs('P')",
    ]) {
      const answer = await rows.client.call('POST', '/btql', { query: fixture.filled(query) });
      expect(Object.keys(answer.body as object)).toEqual([
        'data',
        'schema',
        'realtime_state',
        'freshness_state',
        'warnings',
      ]);
      expect(answer.headers.get('x-bt-cursor')).toBeNull();
    }
  });

  test('jsonl has a row a line under the same content type, and nothing for no rows', async () => {
    const query = fixture.filled("select: id | from: project_logs('P') | limit: 2");
    const some = await rows.client.call('POST', '/btql', { query, fmt: 'jsonl' });
    expect([some.text, some.headers.get('content-type')]).toEqual(['{"id":"l9"}\n{"id":"l8"}\n', 'application/json']);
    expect(some.headers.get('x-bt-cursor')).not.toBeNull();
    const none = await rows.client.call('POST', '/btql', {
      query: query.replace('limit: 2', "filter: id = 'x'"),
      fmt: 'jsonl',
    });
    expect([none.text, none.headers.get('x-bt-cursor')]).toEqual(['', null]);
  });

  test('the answer says how fresh it is and what its columns are', async () => {
    const answer = await rows.client.object('POST', '/btql', {
      query: fixture.filled("select: id, created | from: project_logs('P') | limit: 1"),
    });
    const newest = fixture.written[9]?._xact_id;
    expect(answer.realtime_state).toEqual({
      type: 'on',
      minimum_xact_id: newest,
      read_bytes: 0,
      actual_xact_id: newest,
    });
    expect(answer.freshness_state).toEqual({ last_processed_xact_id: newest, last_considered_xact_id: newest });
    expect(answer.schema).toEqual({
      type: 'array',
      items: {
        type: 'object',
        properties: { id: { type: 'string' }, created: { type: 'string', format: 'date-time' } },
      },
    });
  });

  test('several containers are one stream in key order', async () => {
    const other = await rows.client.object('POST', '/v1/experiment', { project_id: rows.projectId, name: 'Second' });
    await rows.logs3(
      { experiment_id: other.id, id: 'o0' },
      { experiment_id: rows.experimentId, id: 'e2' },
      { experiment_id: other.id, id: 'o1' },
    );
    const source = `experiment('E', '${other.id}')`;
    expect(await fixture.ids(`select: * | from: ${source} spans | sort: _pagination_key asc | limit: 4`)).toBe(
      'e0 e1 o0 e2',
    );
    expect(await fixture.ids(`select: * | from: ${source} spans | limit: 3`)).toBe('o1 e2 o0');
    const counts = await rows.btql(
      fixture.filled(`dimensions: experiment_id | measures: count(1) as c | from: ${source}`),
    );
    expect(counts).toEqual([
      { experiment_id: rows.experimentId, c: 3 },
      { experiment_id: other.id, c: 2 },
    ]);
  });

  test('a version shows the rows as they were', async () => {
    const { xact_id: before } = await rows.client.object('POST', '/logs3', {
      rows: [{ dataset_id: rows.datasetId, id: 'v', input: 'old' }],
      api_version: 2,
    });
    await rows.logs3(
      { dataset_id: rows.datasetId, id: 'v', input: 'new' },
      { dataset_id: rows.datasetId, id: 'later' },
      { dataset_id: rows.datasetId, id: 'd0', _object_delete: true },
    );
    const query = fixture.filled("select: id, input | from: dataset('D') | sort: _pagination_key asc");
    expect(await rows.btql(query, { version: before })).toEqual([
      { id: 'd0', input: 'hello' },
      { id: 'v', input: 'old' },
    ]);
    expect(await rows.btql(query)).toEqual([
      { id: 'v', input: 'new' },
      { id: 'later', input: null },
    ]);
    const fetched = await rows.client.object('POST', `/v1/dataset/${rows.datasetId}/fetch`, {
      limit: 10,
      version: before,
    });
    expect((fetched.events as Row[]).map(({ id }) => id)).toEqual(['v', 'd0']);
  });

  test('prompts and functions are rows too, with their history', async () => {
    const prompt = {
      project_id: rows.projectId,
      name: 'Answer',
      slug: 'answer',
      prompt_data: { prompt: { type: 'completion', content: 'Hi' } },
    };
    const { id } = await rows.client.object('POST', '/v1/prompt', prompt);
    await rows.client.object('PATCH', `/v1/prompt/${id}`, { description: 'later' });
    expect(await rows.btql(fixture.filled("SELECT slug, description FROM project_prompts('P')"))).toEqual([
      { description: 'later', slug: 'answer' },
    ]);
    expect(
      await rows.btql(
        fixture.filled("SELECT count(*) AS c FROM project_functions('P') WHERE function_data.type = 'code'"),
      ),
    ).toEqual([{ c: 0 }]);
    const history = await rows.btql(
      fixture.filled(`select: audit_data.action as action | from: project_prompts('P') | filter: id = '${id}'`),
      { audit_log: true },
    );
    expect(history).toEqual([{ action: 'merge' }, { action: 'upsert' }]);
  });

  test('a summary has a row a trace, with its scores averaged and its metrics summed', async () => {
    const span = { ...rows.logKeys, root_span_id: 'sum', metrics: { tokens: 5, start: 1, end: 3 } };
    await rows.logs3(
      { ...span, id: 's0', span_id: 'sum', scores: { q: 1 }, input: 'root' },
      { ...span, id: 's1', span_id: 's1', span_parents: ['sum'], scores: { q: 0 }, metrics: { tokens: 7, start: 2 } },
    );
    const query = fixture.filled(
      "select: id, input, scores, metrics | from: project_logs('P') summary | filter: id = 's1'",
    );
    expect(await rows.btql(query)).toEqual([
      { id: 's0', input: 'root', scores: { q: 0.5 }, metrics: { tokens: 12, start: 1, end: 3 } },
    ]);
  });

  test('a query may be submitted and its result fetched later, page by page', async () => {
    const query = fixture.filled("SELECT id FROM project_logs('P') WHERE metadata.n < 3 ORDER BY created ASC");
    const { id, status } = await rows.client.object('POST', '/btql/async', { query, format: 'jsonl' });
    expect(status).toBe('queued');
    expect(await rows.client.object('GET', `/btql/async/${id}`)).toMatchObject({ id, status: 'succeeded' });
    const first = await rows.client.object('GET', `/btql/async/${id}/result?limit=2`);
    expect(first).toMatchObject({ status: 'succeeded', rows: [{ id: 'l0' }, { id: 'l1' }] });
    const last = await rows.client.object('GET', `/btql/async/${id}/result?limit=2&cursor=${String(first.cursor)}`);
    expect(last).toEqual({ id, status: 'succeeded', rows: [{ id: 'l2' }] });
    expect((await rows.client.call('GET', '/btql/async/unknown')).status).toBe(400);
    expect((await rows.client.call('POST', '/btql/async', { query: 'nonsense' })).status).toBe(400);
  });
});
