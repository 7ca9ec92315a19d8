import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { QueryFixture } from '../../test/support/query-fixture.ts';

let fixture: QueryFixture;

beforeAll(async () => {
  fixture = await QueryFixture.start();
});
afterAll(async () => {
  await fixture.rows.close();
});

describe('filters', () => {
  test.each([
    ['id = "l3"', 'l3'],
    ["id IN ['l3', 'l1', 'nobody']", 'l1 l3'],
    ["id IN ('l3')", 'l3'],
    ['id IN []', ''],
    ["id NOT IN ['l0','l1','l2','l3','l4','l5','l6','l7']", 'l8 l9'],
    ["root_span_id = 't1'", 'l2 l3'],
    ["(root_span_id IN ['t1', 't4']) AND (span_attributes.type = 'task')", 'l2 l8'],
    ["span_attributes.type != 'score' and metadata.n >= 6", 'l6 l8'],
    ["span_attributes.type <> 'task' and not (metadata.n < 7)", 'l7 l9'],
    ['metadata.n > 3 AND metadata.n <= 5 OR metadata.n = 0', 'l0 l4 l5'],
    ['metadata.n = 1 + 2 * 2', 'l5'],
    ['metrics.end - metrics.start >= 8', 'l8 l9'],
    ["metadata.model = 'gpt-5' and metadata.list[0].k = 7", 'l7'],
    ['metadata["model"] LIKE \'%mini\' and metadata.n < 2', 'l0 l1'],
    ["input.question like 'Where is order _?' and metadata.n > 1", 'l3 l6 l9'],
    ["input.question ILIKE 'WHERE%0?'", 'l0'],
    ['input."odd key" = 6', 'l6'],
    ["tags INCLUDES 'n4'", 'l4'],
    ["tags NOT INCLUDES 'even'", ''],
    ['error IS NOT NULL', 'l9'],
    ['error != null', 'l9'],
    ['error = null and metadata.n > 7', 'l8'],
    ['input IS NULL and metadata.n between 1 and 4', 'l1 l2 l4'],
    ['nothing.at.all = 1', ''],
    ["name = 'it\\'s' and metadata.n < 3", 'l1'],
    ["name = 'it''s' and metadata.n > 7", 'l9'],
    ['is_root = true and metadata.n < 3', 'l0 l2'],
    ["coalesce(error, 'none') = 'timeout'", 'l9'],
    ["lower(upper(error)) = 'timeout'", 'l9'],
    // Ranges, which the columns decide.
    ["_pagination_key > 'K7'", 'l8 l9'],
    ["_pagination_key >= 'K7' and _pagination_key < 'K9'", 'l7 l8'],
    ["'K2' >= _pagination_key", 'l0 l1 l2'],
    ["_pagination_key = 'K4'", 'l4'],
    ["_pagination_key != 'K0' and _pagination_key <= 'K1'", 'l1'],
    ["_pagination_key <= 'K9' and _pagination_key <= 'K1' and _pagination_key < 'K1'", 'l0'],
    ['_xact_id > X7', 'l8 l9'],
    ["_xact_id <= 'X1'", 'l0 l1'],
    ["_xact_id = 'X5'", 'l5'],
    ['_xact_id > 0 and _xact_id < X1', 'l0'],
    ["created >= '2026-01-01T08:00:00Z'", 'l8 l9'],
    ["created > '2026-01-01T09:00:00+01:00'", 'l9'],
    ["created < '2026-01-01T01:00:00.000001Z'", 'l0 l1'],
    ["created >= '2026-01-01' and created < '2026-01-01 02:00:00'", 'l0 l1'],
    ["created = '2026-01-01T03:00:00.000Z'", 'l3'],
    ["created in ['2026-01-01T03:00:00+00:00']", 'l3'],
    ['created > NOW() - INTERVAL 2 HOUR', 'l8 l9'],
    ["created >= now() - interval '7200 seconds'", 'l7 l8 l9'],
    ['created < CURRENT_TIMESTAMP - INTERVAL 8 hours', 'l0'],
    ["(created < '2026-01-01T01:00:00Z' or created >= '2026-01-01T09:00:00Z')", 'l0 l9'],
  ])('%s finds %s', async (filter, wanted) => {
    expect(
      await fixture.ids(`select: * | from: project_logs('P') spans | filter: ${filter} | sort: _pagination_key asc`),
    ).toBe(wanted);
    const inner = filter.replaceAll('"l3"', "'l3'");
    expect(await fixture.ids(`SELECT * FROM project_logs('P') WHERE ${inner} ORDER BY created ASC`)).toBe(wanted);
  });
});
