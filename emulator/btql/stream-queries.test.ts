import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Row, RowFixture } from '../../test/support/row-fixture.ts';

const DATASETS = 25;

/** The questions that a copy of many containers asks: what there is, what changed since, and which ids have arrived. */
describe('queries over many containers', () => {
  let rows: RowFixture;
  const ids: string[] = [];
  /** The transaction of each dataset's first rows, and of the ones that were written later. */
  const before: string[] = [];
  const after: string[] = [];

  beforeAll(async () => {
    rows = await RowFixture.start();
    for (let n = 0; n < DATASETS; n++) {
      const dataset = await rows.client.object('POST', '/v1/dataset', {
        project_id: rows.projectId,
        name: `Part ${n}`,
      });
      ids.push(dataset.id);
      const keys = { dataset_id: dataset.id };
      const first = Array.from({ length: n + 1 }, (_, row) => ({ ...keys, id: `row-${row}`, input: { n } }));
      before.push(String((await rows.client.object('POST', '/logs3', { rows: first })).xact_id));
    }
    for (const [n, id] of ids.entries()) {
      const again = [{ dataset_id: id, id: `row-${n >> 1}`, input: 'edited' }];
      after.push(String((await rows.client.object('POST', '/logs3', { rows: again })).xact_id));
    }
  });
  afterAll(() => rows.close());

  const source = () => `dataset(${ids.map((id) => `'${id}'`).join(', ')})`;
  const keyOf = (xact: string | undefined, row: number) =>
    `p${(((BigInt(xact ?? 0) & 0xffff_ffff_ffffn) << 16n) | BigInt(row)).toString().padStart(20, '0')}`;

  test('counts, first and last key and newest transaction of every container come in one answer', async () => {
    const found = await rows.btql(
      `dimensions: dataset_id | measures: count(1) as rows, min(_pagination_key) as low, max(_pagination_key) as high, max(_xact_id) as newest | from: ${source()}`,
    );
    const wanted = ids.map((dataset_id, n) => ({
      dataset_id,
      rows: n + 1,
      low: keyOf(before[n], 0),
      high: keyOf(before[n], n),
      newest: after[n],
    }));
    expect(found.toSorted(byId)).toEqual(wanted.toSorted(byId));
  });

  test('the same in SQL', async () => {
    const found = await rows.btql(
      `SELECT dataset_id, count(*) AS rows, max(_xact_id) AS newest FROM ${source()} GROUP BY dataset_id`,
    );
    const wanted = ids.map((dataset_id, n) => ({ dataset_id, rows: n + 1, newest: after[n] }));
    expect(found.toSorted(byId)).toEqual(wanted.toSorted(byId));
  });

  test('every container may have a condition of its own', async () => {
    const conditions = ids.map((id, n) =>
      n % 3 === 0 ? `(dataset_id = '${id}' and _xact_id > '${before[n]}')` : `(dataset_id = '${id}')`,
    );
    const found = await rows.btql(
      `dimensions: dataset_id | measures: count(1) as rows, min(_pagination_key) as low, max(_pagination_key) as high, max(_xact_id) as newest | from: ${source()} | filter: ${conditions.join(' or ')}`,
    );
    const wanted = ids.map((dataset_id, n) => ({
      dataset_id,
      rows: n % 3 === 0 ? 1 : n + 1,
      low: keyOf(before[n], n % 3 === 0 ? n >> 1 : 0),
      high: keyOf(before[n], n % 3 === 0 ? n >> 1 : n),
      newest: after[n],
    }));
    expect(found.toSorted(byId)).toEqual(wanted.toSorted(byId));
  });

  test.each([
    ['only one is named', 'A', (n: number) => (n === 0 ? 1 : 0)],
    ['one is left out', "dataset_id != 'X0'", (n: number) => (n === 0 ? 0 : n + 1)],
    ['a list of them', "dataset_id in ['X1', 'X2'] and id != 'row-0'", (n: number) => (n === 1 || n === 2 ? n : 0)],
    ['none can be', "dataset_id = 'X1' and dataset_id = 'X2'", () => 0],
    ['the project decides nothing', "project_id = 'P' and id = 'row-0'", () => 1],
    [
      'an edit or an id',
      "dataset_id = 'X5' and (id = 'row-3' or _xact_id > '5') or dataset_id = 'X6' and id = 'row-2'",
      (n: number) => (n === 5 ? 2 : n === 6 ? 1 : 0),
    ],
  ])('a condition on containers: %s', async (_name, condition, count) => {
    const filter = condition
      .replace('A', `dataset_id = '${ids[0]}' and id = 'row-0'`)
      .replaceAll(/X(\d)/g, (_, n) => ids[Number(n)] ?? '')
      .replaceAll(/'5'/g, `'${before[5]}'`)
      .replace("'P'", `'${rows.projectId}'`);
    const found = await rows.btql(`select: id, dataset_id | from: ${source()} | filter: ${filter}`);
    const counts = ids.map((id) => found.filter((row) => row.dataset_id === id).length);
    expect(counts).toEqual(ids.map((_, n) => count(n)));
  });

  test('500 ids are found by one query, each with its newest transaction, deleted and new ones too', async () => {
    const logs = Array.from({ length: 1500 }, (_, n) => ({ ...rows.logKeys, id: `log "${n}"`, input: n }));
    const first = await rows.client.object('POST', '/logs3', { rows: logs });
    await rows.logs3({ ...rows.logKeys, id: 'log "2"', _object_delete: true });
    await rows.logs3({ ...rows.logKeys, id: 'log "4"', _object_delete: true });
    const back = await rows.client.object('POST', '/logs3', { rows: [logs[4]] });
    const wanted = Array.from({ length: 500 }, (_, n) => `log "${n * 2}"`);
    const list = wanted.map((id) => `'${id}'`).join(', ');
    const found = await rows.btql(
      `select: id, _xact_id | from: project_logs('${rows.projectId}') | filter: id IN [${list}, 'unknown'] | sort: _pagination_key asc`,
    );
    expect(found).toHaveLength(499);
    expect(found[0]).toEqual({ id: 'log "0"', _xact_id: first.xact_id });
    expect(found.at(-1)).toEqual({ id: 'log "4"', _xact_id: back.xact_id });
    const old = await rows.btql(`select: id | from: project_logs('${rows.projectId}') | filter: id IN [${list}]`, {
      version: first.xact_id,
    });
    expect(old).toHaveLength(500);
  });

  test('what changed between two transactions is read in key order', async () => {
    const query = (cursor: string) =>
      `select: dataset_id, id | from: ${source()} | filter: _xact_id > '${before.at(-1)}' and _xact_id <= '${after[9]}' | sort: _pagination_key asc | limit: 4${cursor}`;
    const found: Row[] = [];
    let cursor = '';
    for (;;) {
      const answer = await rows.client.call('POST', '/btql', { query: query(cursor) });
      const page = (answer.body as { data: Row[] }).data;
      if (page.length === 0) break;
      found.push(...page);
      cursor = ` | cursor: '${answer.headers.get('x-bt-cursor')}'`;
    }
    expect(found).toEqual(ids.slice(0, 10).map((dataset_id, n) => ({ dataset_id, id: `row-${n >> 1}` })));
  });
});

function byId(a: Row, b: Row): number {
  return String(a.dataset_id) < String(b.dataset_id) ? -1 : 1;
}
