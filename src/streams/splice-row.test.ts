import { describe, expect, test } from 'vitest';
import { MalformedJsonError } from './json-bytes.ts';
import { ForeignRowError, spliceRow } from './splice-row.ts';
import { type SpliceRule, spliceRule } from './splice-rule.ts';
import { LOST_COLUMNS, newSplicedRow, type SplicedRow } from './spliced-row.ts';

const PLAIN = { skipAsyncScoring: false };
const logs = spliceRule('logs', [{ sourceId: 'support-dev', destinationId: 'support-prod' }], PLAIN);

function splice(text: string, rule: SpliceRule = logs): { text: string; row: SplicedRow; source: Buffer } {
  const source = Buffer.from(text);
  const target = Buffer.concat([Buffer.alloc(rule.growth), source]);
  const row = newSplicedRow();
  const end = spliceRow(source, 0, source.length, target, rule.growth, 0, rule, row);
  return { text: target.toString('utf8', 0, end), row, source };
}

/** A log row as the service returns it: every column, in the order of the alphabet (fact sheet 4.1). */
const SERVER_ROW =
  `{"_async_scoring_state":null,"_pagination_key":"p07639301498081280000","_xact_id":"1000196263812939782",
"audit_data":[{"_xact_id":"1000196263812939782","audit_data":{"action":"upsert"},"metadata":{},"source":"api"}],
"classifications":null,"comments":null,"context":{"caller_lineno":9007199254740993},"created":"2026-01-05T10:00:00.000Z",
"error":null,"expected":null,"facets":null,"id":"row-1","input":"Where is my order?","is_root":true,"log_id":"g",
"metadata":{"model":"gpt-5-mini","top_p":1.0},"metrics":{"start":1e400,"tokens":-0},"org_id":"acme-dev","origin":null,
"output":"\\ud83d on its way","project_id":"support-dev","root_span_id":"row-1","scores":{"polite":0.50},
"span_attributes":{"name":"answer"},"span_id":"row-1","span_parents":null,"tags":null}`.replaceAll('\n', '');

describe('a row of the service', () => {
  test('loses what the server owns and its nulls, and keeps every other byte', () => {
    expect(splice(SERVER_ROW).text).toBe(
      '{"context":{"caller_lineno":9007199254740993},"created":"2026-01-05T10:00:00.000Z","id":"row-1",' +
        '"input":"Where is my order?","metadata":{"model":"gpt-5-mini","top_p":1.0},' +
        '"metrics":{"start":1e400,"tokens":-0},"output":"\\ud83d on its way","root_span_id":"row-1",' +
        '"scores":{"polite":0.50},"span_attributes":{"name":"answer"},"span_id":"row-1",' +
        '"project_id":"support-prod","log_id":"g"}',
    );
  });

  test('tells its id, key, transaction and creation without being parsed', () => {
    const { row, source } = splice(SERVER_ROW);
    expect(source.toString('utf8', row.idStart, row.idEnd)).toBe('row-1');
    expect(source.toString('utf8', row.keyStart, row.keyEnd)).toBe('p07639301498081280000');
    expect(source.toString('utf8', row.xactStart, row.xactEnd)).toBe('1000196263812939782');
    expect(source.toString('utf8', row.createdStart, row.createdEnd)).toBe('2026-01-05T10:00:00.000Z');
    expect(LOST_COLUMNS.filter((_, n) => row.lost & (1 << n))).toEqual(['audit_data']);
  });

  test('may lack an id and a key', () => {
    const { text, row } = splice('{"input":1}');
    expect(text).toBe('{"input":1,"project_id":"support-prod","log_id":"g"}');
    expect([row.idStart, row.idEnd, row.keyStart, row.xactStart, row.createdStart]).toEqual([-1, -1, -1, -1, -1]);
    expect(splice('{}').text).toBe('{"project_id":"support-prod","log_id":"g"}');
  });
});

describe('keys', () => {
  test('are compared decoded', () => {
    const { text, row, source } = splice('{"\\u0069d":"row-1","_xact\\u005fid":"7","\\u005fis_merge":true}');
    expect(text).toBe('{"\\u0069d":"row-1","project_id":"support-prod","log_id":"g"}');
    expect(source.toString('utf8', row.idStart, row.idEnd)).toBe('row-1');
  });

  test.each([
    '"_is_merge":true',
    '"_merge_paths":[["metadata"]]',
    '"_array_delete":[{"path":["tags"],"delete":["a"]}]',
    '"_parent_id":"row-0"',
    '"_audit_source":"app"',
    '"_audit_metadata":{"user":"ann"}',
    '"_skip_async_scoring":true',
    '"_async_scoring_control":{"kind":"score"}',
    '"comment":{"text":"mine"}',
  ])('that would instruct the destination are data and do not pass: %s', (member) => {
    const { text, row } = splice(`{"id":"row-1",${member}}`);
    expect(text).toBe('{"id":"row-1","project_id":"support-prod","log_id":"g"}');
    expect(LOST_COLUMNS.filter((_, n) => row.lost & (1 << n))).toEqual(['control_keys']);
  });

  test('of other containers do not pass, so that no row changes its container', () => {
    const smuggled = '"prompt_session_id":"s","experiment_id":"e","dataset_id":"d","org_id":"o","log_id":"p"';
    expect(splice(`{${smuggled},"id":"row-1"}`).text).toBe('{"id":"row-1","project_id":"support-prod","log_id":"g"}');
  });

  test('that nobody knows pass with their null, and so do repeated ones', () => {
    const text = '{"future":null,"input":1.0,"input": 1.00 ,"input":null,"id":"row-1"}';
    expect(splice(text).text).toBe(
      '{"future":null,"input":1.0,"input": 1.00 ,"input":null,"id":"row-1","project_id":"support-prod","log_id":"g"}',
    );
  });
});

describe('a tombstone', () => {
  test('is pointed out and not written', () => {
    const { text, row } = splice('{"id":"row-1","_object_delete":true,"input":1}');
    expect([text, row.tombstone]).toEqual(['', true]);
  });

  test('is what the last word says', () => {
    expect(splice('{"_object_delete":true,"id":"row-1","_object_delete":false}').row.tombstone).toBe(false);
    expect(splice('{"_object_delete":null,"id":"row-1"}').row.lost).toBe(0);
  });
});

describe('rows of several containers in one answer', () => {
  const both = spliceRule(
    'dataset_rows',
    [
      { sourceId: 'golden', destinationId: 'golden-prod' },
      { sourceId: 'edge-cases', destinationId: 'edge-cases-prod' },
    ],
    { skipAsyncScoring: true },
  );

  test('go each to its own', () => {
    const { text, row } = splice('{"dataset_id":"edge-cases","id":"case-0"}', both);
    expect(text).toBe('{"id":"case-0","dataset_id":"edge-cases-prod","_skip_async_scoring":true}');
    expect(row.container).toBe(1);
    expect(splice('{"id":"case-0","dataset_id":"golden"}', both).row.container).toBe(0);
  });

  test.each(['{"id":"case-0"}', '{"id":"case-0","dataset_id":"other"}', '{"id":"case-0","dataset_id":null}'])(
    'are refused when they do not say which: %s',
    (text) => {
      expect(() => splice(text, both)).toThrow(ForeignRowError);
    },
  );

  test('are refused when another container than the only one asked for is named', () => {
    expect(() => splice('{"id":"row-1","project_id":"other"}')).toThrow(ForeignRowError);
  });
});

describe('hostile bytes', () => {
  test('ten thousand levels of nesting are copied', () => {
    const deep = `${'[{"a":'.repeat(10_000)}0${'}]'.repeat(10_000)}`;
    const expected = `{"input":${deep},"metadata":{"d":${deep}},"project_id":"support-prod","log_id":"g"}`;
    expect(splice(`{"input":${deep},"metadata":{"d":${deep}}}`).text).toBe(expected);
    expect(() => splice(`{"input":${deep.slice(0, -1)}}}`)).toThrow(MalformedJsonError);
  });

  test.each([
    '',
    '[]',
    'null',
    '{',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{,}',
    '{"a":1 "b":2}',
    '{"a":01}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":-}',
    '{"a":1e}',
    '{"a":+1}',
    '{"a":nul}',
    '{"a":NaN}',
    '{"a":[}',
    '{"a":[1}]',
    '{"a":[1,]}',
    '{"a":{"b":1,}}',
    '{"a":{"b"}}',
    '{"a":{1:2}}',
    '{"a":"b\\"}',
    '{"a":1}}',
    '{"a":1} ',
    '{"\\x":1}',
    "{'a':1}",
  ])('are refused: %s', (text) => {
    expect(() => splice(text)).toThrow(MalformedJsonError);
  });

  test('an error says where, and nothing of what was read', () => {
    try {
      splice('{"secret":"hunter2","a":tru}');
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'BTM_RESPONSE_UNREADABLE', at: 24 });
      expect(JSON.stringify(error)).not.toContain('hunter2');
    }
  });
});
