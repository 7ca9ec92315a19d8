import { describe, expect, test } from 'vitest';
import type { RowPage } from '../domain/stream.ts';
import { MalformedJsonError } from './json-bytes.ts';
import { scanPage } from './scan-page.ts';

function texts(page: RowPage): string[] {
  return Array.from({ length: page.count }, (_, n) => page.bytes.toString('utf8', page.starts[n], page.ends[n]));
}

describe('an answer of lines', () => {
  test('has one row a line, whatever ends the lines', () => {
    const page = scanPage(Buffer.from('{"id":"a"}\n\n {"id":"b\\n"} \r\n\t\n{"id":"c"}'), 'jsonl');
    expect(texts(page)).toEqual(['{"id":"a"}', '{"id":"b\\n"}', '{"id":"c"}']);
    expect(page.envelope).toEqual({ cursor: null, realtimeState: null, freshnessState: null });
  });

  test('may be empty', () => {
    expect(scanPage(Buffer.alloc(0), 'jsonl').count).toBe(0);
    expect(scanPage(Buffer.from('\n'), 'jsonl').count).toBe(0);
  });

  test('may have more rows than any guess', () => {
    const page = scanPage(Buffer.from('{"id":1}\n'.repeat(5000)), 'jsonl');
    expect(page.count).toBe(5000);
    expect(new Set(texts(page)).size).toBe(1);
  });

  test.each(['{"id":"a"}\n{"id":"b', '<html>', '[]', '{"id":"a"}{'])(
    'is refused when a line is not a row: %s',
    (text) => {
      expect(() => scanPage(Buffer.from(text), 'jsonl')).toThrow(MalformedJsonError);
    },
  );
});

describe('an answer in an envelope', () => {
  test('tells rows, cursor and freshness wherever they stand, and skips the rest', () => {
    const page = scanPage(
      Buffer.from(
        `{"schema":{"type":"array","items":{"data":[{}]}},"freshness_state":{"last_processed_xact_id":"1000196263812939782"},
         "d\\u0061ta" : [ {"id":"a","input":"],[{"} ,{"id":"b"} ], "cursor":"aRSfz93lAAA",
         "realtime_state":{"type":"on","actual_xact_id":"1000196263812939783"},"warnings":[]}\n`,
      ),
      'json',
    );
    expect(texts(page)).toEqual(['{"id":"a","input":"],[{"}', '{"id":"b"}']);
    expect(page.envelope).toEqual({
      cursor: 'aRSfz93lAAA',
      realtimeState: { type: 'on', actual_xact_id: '1000196263812939783' },
      freshnessState: { last_processed_xact_id: '1000196263812939782' },
    });
  });

  test('may hold no row and no cursor', () => {
    const page = scanPage(Buffer.from('{"data":[ ]}'), 'json');
    expect([page.count, page.envelope.cursor]).toEqual([0, null]);
    expect(scanPage(Buffer.from('{"cursor":null,"data":[]}'), 'json').envelope.cursor).toBe(null);
  });

  test.each([
    '',
    '[]',
    '{}',
    '{"data":{}}',
    '{"data":[1]}',
    '{"data":[{}],}',
    '{"data":[{},]}',
    '{"data":[{}]',
    '{"data":[{}',
    '{"data":[{}]} {}',
    '{"data":[],"data":[]}',
    '{"data":[],"cursor":5}',
    '{"data":[{"a":1]}',
    '{"data" [{}]}',
  ])('is refused when it is damaged: %s', (text) => {
    expect(() => scanPage(Buffer.from(text), 'json')).toThrow(MalformedJsonError);
  });
});

describe('attachments', () => {
  const WITH = '{"input":{"type":"braintrust_attachment","key":"k"}}';

  test('are pointed out for the rows that may hold them', () => {
    const rows = ['{"input":"attachment"}', WITH, '{"input":1}', WITH, WITH, '{"input":2}'];
    expect(scanPage(Buffer.from(rows.join('\n')), 'jsonl').attachments).toEqual(new Uint8Array([0, 1, 0, 1, 1, 0]));
    const answer = `{"schema":"braintrust_attachment","data":[${rows.join(',')}],"warnings":["braintrust_attachment"]}`;
    expect(scanPage(Buffer.from(answer), 'json').attachments).toEqual(new Uint8Array([0, 1, 0, 1, 1, 0]));
  });

  test('cost nothing when there are none', () => {
    expect(scanPage(Buffer.from('{"input":"attachment"}'), 'jsonl').attachments).toBe(null);
  });
});
