import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RowFixture } from '../../test/support/row-fixture.ts';

/** Bodies above this size arrive in memory that others have used before them. */
const LARGE_BODY = 65_536;

const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('\\', '"', '}],[{', '","id":"'));
const long = fc.tuple(text, fc.integer({ min: 0, max: 900 })).map(([piece, size]) => piece + 'x'.repeat(size));
/** Members as JSON text, a few of which the server sets itself, in any order. */
const row = fc
  .record(
    {
      span_id: fc.constantFrom('"s"', '"span"'),
      root_span_id: fc.constantFrom('"r"', '"root"'),
      span_parents: fc.constantFrom('null', '[]', '[ ]', '["s"]'),
      created: fc.constantFrom('"2026-03-01T10:20:30.456Z"', '"2026-03-01T10:20:30+02:00"', 'null'),
      _xact_id: fc.constant('"1000196129554423269"'),
      org_id: fc.constant('"somewhere else"'),
      is_root: fc.constant('true'),
      input: long.map((value) => JSON.stringify({ messages: [value], n: [1.0, -0, [], {}] })),
      output: long.map((value) => JSON.stringify(value)),
      metadata: fc.constantFrom('{ "a" : 1e400 }', '{"big":12345678901234567890}'),
      'own key': text.map((value) => JSON.stringify(value)),
    },
    { requiredKeys: [] },
  )
  .chain((members) => fc.shuffledSubarray(Object.entries(members), { minLength: Object.keys(members).length }));
const rows = fc.array(fc.record({ members: row, idAt: fc.nat(), gap: fc.constantFrom('', ' ', '\n\t') }), {
  minLength: 80,
  maxLength: 100,
});

type Drawn = { members: [string, string][]; idAt: number; gap: string };

function printRow({ members, idAt, gap }: Drawn, n: number): string {
  const id: [string, string] = ['id', JSON.stringify(`row ${n} "é"`)];
  const all = members.toSpliced(idAt % (members.length + 1), 0, id);
  return `{${all.map(([name, value]) => `${JSON.stringify(name)}${gap}:${gap}${value}`).join(`${gap},${gap}`)}}`;
}

/** A stored row without what differs between two containers and two requests. */
function comparable(stored: string): string {
  return stored
    .replace(/"_pagination_key":"p\d{20}"/, '')
    .replaceAll(/"_xact_id":"\d{19}"/g, '')
    .replace(/"project_id":"[^"]*"/, '')
    .replace(/"created":"20(?!26-03)[^"]*"/, '"created":now')
    .replaceAll(/span_id":"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"/g, 'span_id":minted');
}

describe('large bodies', () => {
  let fixture: RowFixture;
  let otherId: string;

  beforeEach(async () => {
    fixture = await RowFixture.start();
    ({ id: otherId } = await fixture.client.object('POST', '/v1/project', { name: 'Support bot, small bodies' }));
  });
  afterEach(() => fixture.close());

  const insert = (projectId: string, texts: readonly string[], pad = '') =>
    fixture.post(`/v1/project_logs/${projectId}/insert`, `{"pad":"${pad}","events":[${texts.join(' ,')}]}`);

  test('leave the same rows as small ones do', async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(rows, async (drawn) => {
        const texts = drawn.map((one, n) => printRow(one, round * 1000 + n));
        round += 1;
        const large = await insert(fixture.projectId, texts, 'x'.repeat(LARGE_BODY));
        expect([large.status, (large.body as { row_ids: string[] }).row_ids.length]).toEqual([200, drawn.length]);
        for (let n = 0; n < texts.length; n += 10) await insert(otherId, texts.slice(n, n + 10));
        const [kept, copied] = [
          await fixture.rowTexts(`project_logs('${fixture.projectId}')`),
          await fixture.rowTexts(`project_logs('${otherId}')`),
        ];
        expect(kept.map(comparable)).toEqual(copied.map(comparable));
        for (const stored of kept) JSON.parse(stored);
        const keys = kept.map((stored) => /p\d{20}/.exec(stored)?.[0]);
        expect(new Set(keys).size).toBe(kept.length);
        expect(keys).toEqual(keys.toSorted());
      }),
      { numRuns: 5, seed: 20260401 },
    );
  });

  test('give every row span ids of its own when it has none, the same ones at every reading', async () => {
    const texts = Array.from({ length: 500 }, (_, n) => `{"id":"row-${n}","input":"${'x'.repeat(200)}"}`);
    await insert(fixture.projectId, texts);
    const read = async () => {
      const found = await fixture.rowTexts(`project_logs('${fixture.projectId}')`);
      return found.map((one) => (JSON.parse(one) as { id: string; span_id: string; root_span_id: string }).span_id);
    };
    const spans = await read();
    expect(new Set(spans).size).toBe(500);
    expect(await read()).toEqual(spans);
    const query = `select: id, span_id, root_span_id | from: project_logs('${fixture.projectId}') | filter: span_id = '${spans[7]}'`;
    expect(await fixture.btql(query)).toEqual([{ id: 'row-7', span_id: spans[7], root_span_id: spans[7] }]);
  });

  test('leave nothing behind when one of their rows is refused', async () => {
    const texts = Array.from({ length: 100 }, (_, n) => `{"id":"row-${n}","input":"${'x'.repeat(1000)}"}`);
    const broken = [...texts, '{"id":7}'];
    expect((await insert(fixture.projectId, broken)).status).toBe(400);
    expect(await fixture.logs()).toEqual(new Map());
    expect((await insert(fixture.projectId, texts)).status).toBe(200);
    expect((await fixture.logs()).size).toBe(100);
  });

  test('can be merged into, deleted from and written over', async () => {
    const texts = Array.from(
      { length: 100 },
      (_, n) => `{"created":"2026-03-01T10:00:00Z","id":"row-${n}","input":{"a":1},"output":"${'x'.repeat(1000)}"}`,
    );
    await insert(fixture.projectId, texts);
    await insert(fixture.projectId, [
      '{"id":"row-3","_is_merge":true,"input":{"b":2}}',
      '{"id":"row-4","_object_delete":true}',
      '{"id":"row-5","input":"new"}',
    ]);
    const found = await fixture.logs();
    expect(found.size).toBe(99);
    expect(found.get('row-3')).toMatchObject({ input: { a: 1, b: 2 }, created: '2026-03-01T10:00:00.000Z' });
    expect(found.get('row-5')).toMatchObject({ input: 'new', output: null });
    expect(found.get('row-6')).toMatchObject({ input: { a: 1 }, output: 'x'.repeat(1000) });
  });

  test('come back in pages of rows of any size, in both formats', async () => {
    const sizes = [10, 300_000, 10, 262_144, 1, 200_000, 100_000, 600_000, 5];
    const inputs = sizes.map((size, n) => String(n).repeat(size));
    const texts = inputs.map((input, n) => `{"id":"row-${n}","input":"${input}"}`);
    expect((await insert(fixture.projectId, texts)).status).toBe(200);
    const source = `project_logs('${fixture.projectId}')`;
    const lines = (await fixture.rowTexts(source)).map((line) => JSON.parse(line) as { input: string });
    expect(lines.map(({ input }) => input)).toEqual(inputs);
    const found = await fixture.btql(`select: * | from: ${source} | sort: _pagination_key asc`);
    expect(found.map(({ input }) => input)).toEqual(inputs);
  });

  test('are refused when they are not UTF-8', async () => {
    const body = Buffer.from(`{"events":[{"id":"a","input":"é${'x'.repeat(LARGE_BODY)}"}]}`, 'latin1');
    expect((await fixture.post(`/v1/project_logs/${fixture.projectId}/insert`, body)).status).toBe(400);
  });
});
