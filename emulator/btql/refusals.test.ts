import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { QueryFixture } from '../../test/support/query-fixture.ts';
import { RowFixture } from '../../test/support/row-fixture.ts';

let fixture: QueryFixture;
let rows: RowFixture;

beforeAll(async () => {
  fixture = await QueryFixture.start();
  rows = fixture.rows;
});
afterAll(async () => {
  await fixture.rows.close();
});

describe('what cannot be answered is refused', () => {
  test.each([
    ["select: * | from: project_logs('P') | filter: id = 'a", /Unterminated string/],
    ["select: * | from: project_logs('P') | filter: id ~ 'a'", /Unexpected character/],
    ["select: * | from: project_logs('P') | filter: id = ", /Expected a value, found the end/],
    ["select: * | from: project_logs('P') | filter: a b", /Expected the end of the clause, found .*b/],
    ["select: * | from: project_logs('P') | pivot: x", /Clause pivot is not supported/],
    ["select: * | select: id | from: project_logs('P')", /Clause select appears twice/],
    ["from: project_logs('P')", /needs a select or measures/],
    ['select: *', /needs a from/],
    ["select: * | from: logs('P')", /Source logs is not known/],
    ['select: * | from: project_logs()', /at least one id/],
    ["select: * | from: project_logs('P', shape => 'tree')", /Shape tree is not known/],
    ["select: * | from: project_logs('P') | filter: input MATCH 'order'", /MATCH is not supported/],
    ["select: * | from: project_logs('P') | filter: created > 'yesterday'", /not a timestamp/],
    ["select: * | from: project_logs('P') | filter: _xact_id > 'abc'", /not a transaction id/],
    ["select: * | from: project_logs('P') | filter: soundex(id) = 'a'", /Function soundex is not supported/],
    ["select: * | from: project_logs('P') | filter: input > null", /null can only be compared/],
    ["select: *, id | from: project_logs('P')", /cannot be selected beside/],
    ["select: * | from: project_logs('P') | cursor: 'nonsense'", /Invalid cursor/],
    ["select: * | from: project_logs('P') | sort: created | cursor: 'aRSfz93lAAA'", /cursor works only/],
    ["select: * | from: project_logs('P') | limit: -1", /limit must be a whole number/],
    ["SELECT DISTINCT id FROM project_logs('P')", /DISTINCT is not supported/],
    ["SELECT * FROM project_logs('P') JOIN dataset('D')", /joins, unions/],
    ['SELECT * FROM project_logs(\'P\') WHERE id = "l3"', /single quotes/],
    ["SELECT id, count(*) FROM project_logs('P')", /must be in GROUP BY/],
    ["SELECT * FROM project_logs('P') LIMIT 5 OFFSET 5", /quoted text/],
    ["WITH x AS (SELECT 1) SELECT * FROM project_logs('P')", /WITH is not supported/],
    ["SELECT * FROM project_logs('P') WHERE created > NOW() - INTERVAL 1 FORTNIGHT", /INTERVAL 1 fortnight/],
  ])('%s', async (query, message) => {
    const answer = await rows.client.call('POST', '/btql', { query: fixture.filled(query) });
    expect([answer.status, answer.text]).toEqual([400, expect.stringMatching(message)]);
  });

  test.each([
    [undefined, {}, /query must be/],
    ["select: * | from: project_logs('P')", { fmt: 'parquet' }, /fmt .*parquet.* is not supported/],
    ["select: * | from: project_logs('P')", { version: 'x' }, /Invalid version/],
    [{ select: [{ op: 'star' }], from: { op: 'ident', name: ['logs'] } }, {}, /from must be a function/],
    [{ from: null }, {}, /from must be an object/],
  ])('%j with %j', async (query, extra, message) => {
    const body = { query: typeof query === 'string' ? fixture.filled(query) : query, ...extra };
    const answer = await rows.client.call('POST', '/btql', body);
    expect([answer.status, answer.text]).toEqual([400, expect.stringMatching(message)]);
  });

  test('a container that is absent or foreign is 403', async () => {
    const query = "select: * | from: project_logs('7d3a2f10-0000-4000-8000-000000000000')";
    const answer = await rows.client.call('POST', '/btql', { query });
    expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('the project does not exist')]);
    const foreign = await fetch(`${rows.emulator.url}/btql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${rows.emulator.orgs[1]?.key}` },
      body: JSON.stringify({ query: fixture.filled("select: * | from: project_logs('P')") }),
    });
    expect(foreign.status).toBe(403);
  });

  test('a limit above the switch', async () => {
    const strict = await RowFixture.start({ switches: { btqlMaxLimit: 1000 } });
    const query = (limit: number) => `select: * | from: project_logs('${strict.projectId}') | limit: ${limit}`;
    expect((await strict.client.call('POST', '/btql', { query: query(1001) })).status).toBe(400);
    expect((await strict.client.call('POST', '/btql', { query: query(1000) })).status).toBe(200);
    await strict.close();
  });
});
