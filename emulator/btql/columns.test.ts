import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { QueryFixture } from '../../test/support/query-fixture.ts';
import type { RowFixture } from '../../test/support/row-fixture.ts';

let fixture: QueryFixture;
let rows: RowFixture;

beforeAll(async () => {
  fixture = await QueryFixture.start();
  rows = fixture.rows;
});
afterAll(async () => {
  await fixture.rows.close();
});

describe('columns and aggregates', () => {
  test.each([
    [
      "select: metadata.model as model, id, name | from: project_logs('P') | filter: id = 'l0'",
      [{ id: 'l0', model: 'gpt-5-mini', name: 'turn' }],
    ],
    [
      "SELECT metrics.end - metrics.start AS took, missing FROM project_logs('P') WHERE id = 'l4'",
      [{ missing: null, took: 4 }],
    ],
    ["SELECT max(_xact_id) as version, count(*) as count FROM project_logs('P')", [{ version: 'X9', count: 10 }]],
    [
      "SELECT max(_xact_id) as version, count(*) as count FROM project_logs('P') WHERE id = 'nobody'",
      [{ version: null, count: 0 }],
    ],
    ["dimensions: project_id | measures: count(1) as c | from: project_logs('P')", [{ project_id: 'P', c: 10 }]],
    [
      "dimensions: project_id | measures: count(1) as c, min(_pagination_key) as low | from: project_logs('P') | filter: metadata.n > 2",
      [{ project_id: 'P', c: 7, low: 'K3' }],
    ],
    [
      "select: metadata.model, count(*) as c, avg(metadata.n) as n | from: project_logs('P') | dimensions: metadata.model | sort: c desc, model",
      [
        { model: 'gpt-5', c: 5, n: 7 },
        { model: 'gpt-5-mini', c: 5, n: 2 },
      ],
    ],
    [
      "SELECT metadata.model AS m, count_distinct(root_span_id) AS traces, sum(metadata.n) AS total FROM project_logs('P') WHERE metadata.n > 2 GROUP BY metadata.model ORDER BY total DESC LIMIT 1",
      [{ m: 'gpt-5', traces: 3, total: 35 }],
    ],
    [
      "SELECT min(created) AS first, max(created) AS last, count(error) AS errors FROM project_logs('P')",
      [{ first: '2026-01-01T00:00:00.000Z', last: '2026-01-01T09:00:00.000Z', errors: 1 }],
    ],
    ["SELECT dataset_id, count(*) AS c FROM dataset('D') GROUP BY dataset_id", [{ dataset_id: 'D', c: 1 }]],
  ])('%s', async (query, wanted) => {
    const found = JSON.stringify(await rows.btql(fixture.filled(query)));
    expect(found.replaceAll('"', "'")).toBe(fixture.filled(JSON.stringify(wanted).replaceAll('"', "'")));
  });
});
