import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RowFixture } from '../../test/support/row-fixture.ts';

/** Values that a JSON parser in JavaScript would change. */
const LITERALS = [
  '9007199254740993',
  '-0',
  '1.0',
  '1e400',
  '1E-7',
  '0.1000000000000000055511151231257827',
  '"\\u00e9\\/\\ud800"',
  '"é\\u0000"',
  '{"b":1,"a":2,"b":3}',
  '{ "spaced" : [ 1 , 2 ] }',
  '[9007199254740993,{"z":-0,"a":1.0}]',
  '"2026-07-03T08:30:00+01:00"',
];

describe('verbatim rows', () => {
  let rows: RowFixture;

  beforeAll(async () => {
    rows = await RowFixture.start();
  });
  afterAll(async () => {
    await rows.close();
  });

  async function readBack(id: string, members: string): Promise<string> {
    const body = `{"rows":[{"id":"${id}",${members},"project_id":"${rows.projectId}","log_id":"g"}],"api_version":2}`;
    expect((await rows.post('/logs3', body)).status).toBe(200);
    const [text] = (await rows.rowTexts(`project_logs('${rows.projectId}')`)).filter((line) =>
      line.includes(`"id":"${id}"`),
    );
    return text ?? '';
  }

  test.each(LITERALS)('%s comes back byte for byte', async (literal) => {
    const id = `literal-${LITERALS.indexOf(literal)}`;
    const members = `"output":${literal},"metadata":{"deep":[${literal}]},"input":${literal}`;
    expect(await readBack(id, members)).toContain(members);
  });

  test('keys keep their order and are repeated as they were', async () => {
    const members = '"zebra":1,"input":{"a":1},"_custom":"x","input":{"a":2},"apple":[]';
    expect(await readBack('order', members)).toContain(members);
  });

  test('a merge leaves the bytes of what it does not touch', async () => {
    await readBack('merged', '"metadata":{"big":9007199254740993,"list":[1.0, -0],"\\u0061":"\\u00e9"},"output":1e400');
    const text = await readBack('merged', '"_is_merge":true,"metadata":{"new":2.50}');
    expect(text).toContain('"metadata":{"big":9007199254740993,"list":[1.0, -0],"\\u0061":"\\u00e9","new":2.50}');
    expect(text).toContain('"output":1e400');
  });

  test('any row comes back as it was sent, in both page formats', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uuid(),
        fc.jsonValue({ maxDepth: 3 }),
        fc.string({ unit: 'binary' }),
        async (id, input, expected) => {
          const sent = { ...rows.logKeys, id, input, expected };
          await rows.logs3(sent);
          const query = `select: * | from: project_logs('${rows.projectId}') | filter: id = '${id}'`;
          const [json] = await rows.btql(query);
          const lines = await rows.client.call('POST', '/btql', { query, fmt: 'jsonl' });
          const wanted = JSON.parse(JSON.stringify(sent)) as Record<string, unknown>;
          expect(json).toMatchObject({ id, input: wanted.input, expected });
          expect(JSON.parse(lines.text)).toEqual(json);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('ids are the same however they are escaped', async () => {
    const body = `{"rows":[{"id":"caf\\u00e9 \\u0022","input":1,"project_id":"${rows.projectId}","log_id":"g"}]}`;
    expect((await rows.post('/logs3', body)).status).toBe(200);
    await rows.logs3({ ...rows.logKeys, id: 'café "', _is_merge: true, output: 2 });
    expect((await rows.logs()).get('café "')).toMatchObject({ input: 1, output: 2 });
  });
});

describe('normalised rows', () => {
  test('top-level keys are sorted, timestamps are UTC, numbers printed anew', async () => {
    const rows = await RowFixture.start({ switches: { rowMode: 'normalised' } });
    const members =
      '"output":{"at":"2026-07-03T08:30:00+01:00","precise":"2026-07-03T08:30:00.123456-02:30","not":"2026-13-45T08:30:00+01:00"},"metadata":{"z":1.0,"a":9007199254740993},"zebra":1';
    const body = `{"rows":[{"id":"a",${members},"project_id":"${rows.projectId}","log_id":"g"}],"api_version":2}`;
    expect((await rows.post('/logs3', body)).status).toBe(200);
    const [text = ''] = await rows.rowTexts(`project_logs('${rows.projectId}')`);
    const keys = Object.keys(JSON.parse(text) as object);
    expect(keys).toEqual([...keys].sort());
    expect(text).toContain(
      '"output":{"at":"2026-07-03T07:30:00Z","precise":"2026-07-03T11:00:00.123456Z","not":"2026-13-45T08:30:00+01:00"}',
    );
    expect(text).toContain('"metadata":{"z":1,"a":9007199254740992}');
    await rows.close();
  });
});

describe('what is not known about rows can be switched', () => {
  test('created may be ignored', async () => {
    const rows = await RowFixture.start({ switches: { createdHonoured: false } });
    rows.emulator.clock.freeze(Date.UTC(2026, 5, 1));
    await rows.logs3({ ...rows.logKeys, id: 'a', created: '2020-01-01T00:00:00Z' });
    expect((await rows.logs()).get('a')?.created).toBe('2026-06-01T00:00:00.000Z');
    await rows.close();
  });

  test('control of async scoring and columns of the server may be refused', async () => {
    const rows = await RowFixture.start({ switches: { skipAsyncScoring: 'reject', ownedColumns: 'reject' } });
    for (const extra of [{ _skip_async_scoring: true }, { comments: [] }, { classifications: {} }]) {
      const answer = await rows.client.call('POST', '/logs3', {
        rows: [{ ...rows.logKeys, ...extra }],
        api_version: 2,
      });
      expect([answer.status, extra]).toEqual([400, extra]);
    }
    await rows.logs3({ ...rows.logKeys, comments: null, _skip_async_scoring: null });
    await rows.close();
  });

  test('every byte of a row may be checked', async () => {
    const body = (id: string): string => `{"rows":[{"dataset_id":"${id}","id":"a","input":"\\x"}]}`;
    const lenient = await RowFixture.start();
    const strict = await RowFixture.start({ switches: { strictRowJson: true } });
    expect((await lenient.post('/logs3', body(lenient.datasetId))).status).toBe(200);
    expect((await strict.post('/logs3', body(strict.datasetId))).status).toBe(400);
    await Promise.all([lenient.close(), strict.close()]);
  });
});
