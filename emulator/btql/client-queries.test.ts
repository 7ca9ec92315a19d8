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

describe('the texts that clients send', () => {
  test.each([
    [
      'a page of the peer',
      "select: *\nfrom: project_logs('P') spans\nfilter: created >= '2026-01-01T02:00:00Z' and created < '2026-01-01T09:00:00Z' and _pagination_key > 'K4'\nsort: _pagination_key asc\nlimit: 3",
      'l5 l6 l7',
    ],
    [
      'its preflight',
      "select: _pagination_key, id\nfrom: experiment('E', 'E') spans\nsort: _pagination_key asc\nlimit: 1",
      'e0',
    ],
    [
      'spans of bt sync',
      "select: * | from: project_logs('P') spans | limit: 2 | sort: _pagination_key DESC | filter: created >= NOW() - INTERVAL 259200 SECOND",
      'l9 l8',
    ],
    [
      'its discovery',
      "select: root_span_id, span_id, id | from: project_logs('P') spans | limit: 1 | sort: _pagination_key DESC",
      'l9',
    ],
    [
      'its second pass',
      "select: * | from: project_logs('P') spans | filter: (root_span_id IN ['t0', 't4']) AND (created >= NOW() - INTERVAL 259200 SECOND) | limit: 1000 | sort: _pagination_key ASC",
      'l0 l1 l8 l9',
    ],
    [
      'a trace of the Ruby SDK',
      "SELECT * FROM project_logs('P') WHERE root_span_id = 't1' AND span_attributes.type != 'score' LIMIT 1000",
      'l2',
    ],
    [
      'a trace of the Java SDK',
      "SELECT * FROM project_logs('P') WHERE root_span_id='t2' ORDER BY created ASC LIMIT 1000",
      'l4 l5',
    ],
    [
      'the spelling with a shape argument',
      "SELECT id FROM project_logs('P', shape => 'spans') WHERE metadata.n = 2;",
      'l2',
    ],
    ['traces', "select: id | from: project_logs('P') traces | filter: id = 'l3'", 'l2 l3'],
    [
      'summaries of bt view logs',
      "select: * | from: project_logs('P') summary | filter: created >= NOW() - INTERVAL 10800 SECOND | preview_length: 125 | sort: _pagination_key DESC | limit: 3",
      'l8 l6',
    ],
    ['names instead of ids', "select: * | from: experiment('Baseline')", 'e1 e0'],
    [
      'clauses on lines of their own',
      "from: dataset('D')\nselect:\n  *\nfilter:\n  input = 'hello'\n  and id = 'd0'\n-- a remark\nlimit: 5",
      'd0',
    ],
  ])('%s', async (_, query, wanted) => {
    expect(await fixture.ids(query)).toBe(wanted);
  });

  test('the AST of an SDK that iterates a dataset, over several pages', async () => {
    const query = {
      select: [{ op: 'star' }],
      from: {
        op: 'function',
        name: { op: 'ident', name: ['dataset'] },
        args: [{ op: 'literal', value: rows.datasetId }],
      },
      cursor: null,
      limit: 1000,
    };
    const extra = { use_columnstore: false, brainstore_realtime: true, query_source: 'js_sdk' };
    const first = await rows.client.call('POST', '/btql', { query, ...extra });
    expect((first.body as { data: Row[] }).data.map(({ id }) => id)).toEqual(['d0']);
    const cursor = first.headers.get('x-bt-cursor');
    const last = await rows.client.call('POST', '/btql', { query: { ...query, cursor }, ...extra });
    expect(last.body).toMatchObject({ data: [] });
    expect(last.headers.get('x-bt-cursor')).toBeNull();
  });

  test.each([
    [
      {
        op: 'and',
        children: [
          { op: 'eq', left: path('root_span_id'), right: value('t1') },
          { op: 'isnull', expr: path('error') },
        ],
      },
      'l2 l3',
    ],
    [
      {
        op: 'or',
        left: { op: 'in', left: path('id'), right: value(['l0', 'l5']) },
        right: { op: 'isnotnull', expr: path('error') },
      },
      'l0 l5 l9',
    ],
    [{ op: 'ne', left: path('span_parents'), right: value(null) }, 'l1 l3 l5 l7 l9'],
    [
      { op: 'ge', left: { op: 'sub', left: path('metrics', 'end'), right: path('metrics', 'start') }, right: value(9) },
      'l9',
    ],
    [{ op: 'ge', left: path('created'), right: value('2026-01-01T09:00:00Z') }, 'l9'],
    [{ op: 'not', expr: { op: 'lt', left: path('metadata', 'n'), right: value(9) } }, 'l9'],
    [{ op: 'includes', haystack: path('tags'), needle: value('n2') }, 'l2'],
    [{ op: 'like', left: path('metadata', 'model'), right: value('gpt-5') }, 'l5 l6 l7 l8 l9'],
    [{ btql: "metadata.n = 3 or id = 'l4'" }, 'l3 l4'],
  ])('the filter %j', async (filter, wanted) => {
    const query = {
      select: [{ op: 'star' }],
      from: { op: 'function', name: { op: 'ident', name: ['project_logs'] }, args: [value(rows.projectId)] },
      filter,
      sort: [{ expr: path('created'), dir: 'asc' }],
      preview_length: -1,
    };
    expect(await fixture.ids(query)).toBe(wanted);
  });
});

function path(...name: string[]): Row {
  return { op: 'ident', name };
}

function value(literal: unknown): Row {
  return { op: 'literal', value: literal };
}
