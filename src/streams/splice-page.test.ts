import { describe, expect, test } from 'vitest';
import type { ReferenceLookup } from './reference-lookup.ts';
import { type PageFormat, scanPage } from './scan-page.ts';
import { rowText, type SplicedPage, splicePage } from './splice-page.ts';
import { spliceRule } from './splice-rule.ts';

const experiment = spliceRule('experiment_rows', [{ sourceId: 'exp-dev', destinationId: 'exp-prod' }], {
  skipAsyncScoring: false,
});

/** Ids that grow, shrink and need escapes. */
const IDS: Readonly<Record<string, string>> = {
  'dataset golden-dev': 'golden-in-production',
  'project support-dev': 'sp',
  'prompt triage-dev': 'triage "prod"',
  'user ann-dev': 'ann-prod',
};
const lookup: ReferenceLookup = {
  objectId: (type, id) => IDS[`${type} ${id}`],
  attachmentKey: (key) => (key === 'missing' ? undefined : `copy-of-${key}`),
};

function splice(rows: readonly string[], references = lookup, format: PageFormat = 'jsonl'): SplicedPage {
  return splicePage(scanPage(Buffer.from(rows.join('\n')), format), experiment, references);
}

/** What became of the members of one row, without the column that every row gets. */
function spliced(members: string): { text: string; page: SplicedPage } {
  const page = splice([`{${members}}`]);
  expect(page.unreadable).toEqual([]);
  return {
    text: page.bytes
      .toString('utf8')
      .replace(/,"experiment_id":"exp-prod"\}$/, '')
      .slice(1),
    page,
  };
}

describe('origin', () => {
  test('points to the object of the destination, to the same row, and to no transaction', () => {
    const { text, page } = spliced(
      '"origin": {"_xact_id" : "1000196263812939782", "created":"2026-01-05T10:00:00Z", "id":"case-0","object_id":"golden-dev", "object_type":"dataset"} ',
    );
    expect(text).toBe(
      '"origin": {"created":"2026-01-05T10:00:00Z", "id":"case-0","object_id":"golden-in-production", "object_type":"dataset"}',
    );
    expect(page.tallies[0]?.references).toMatchObject({ remapped: 1, droppedPins: 1 });
  });

  test('of a log row names a project', () => {
    expect(spliced('"origin":{"object_type":"project_logs","object_id":"support-dev","id":"r"}').text).toBe(
      '"origin":{"object_type":"project_logs","object_id":"sp","id":"r"}',
    );
  });

  test('that leads nowhere stays and is counted, without its transaction', () => {
    const { text, page } = spliced('"origin":{"object_id":"gone","object_type":"dataset","_xact_id":"1"}');
    expect(text).toBe('"origin":{"object_id":"gone","object_type":"dataset"}');
    expect(page.tallies[0]?.references).toEqual({ remapped: 0, droppedPins: 1, unresolved: new Map([['dataset', 1]]) });
  });

  test.each([
    ['{"_xact_id":"1"}', '{}'],
    ['{"_xact_id":"1","_xact_id":"2"}', '{}'],
    ['{"id":"a","_xact_id":"1","_xact_id":"2"}', '{"id":"a"}'],
    ['{"_xact_id":"1","_xact_id":"2","id":"a"}', '{"id":"a"}'],
    ['{"id":"a","_xact_id":"1","id":"b"}', '{"id":"a","id":"b"}'],
    ['{ "id":"a" , "_xact\\u005fid":"1" }', '{ "id":"a" }'],
    ['{"_xact_id":null,"id":"a"}', '{"_xact_id":null,"id":"a"}'],
  ])('loses its transactions wherever they stand: %s', (before, after) => {
    expect(spliced(`"origin":${before}`).text).toBe(`"origin":${after}`);
  });
});

describe('metadata', () => {
  test('points to the prompt and project of the destination', () => {
    const { text, page } = spliced(
      '"metadata":{"model":"m","prompt":{"variables":{"id":"triage-dev"},"id":"triage-dev","project_id":"support-dev","version":"1000196263812939782"},"n":1.0}',
    );
    expect(text).toBe(
      '"metadata":{"model":"m","prompt":{"variables":{"id":"triage-dev"},"id":"triage \\"prod\\"","project_id":"sp"},"n":1.0}',
    );
    expect(page.tallies[0]?.references).toEqual({ remapped: 2, droppedPins: 1, unresolved: new Map() });
  });

  test.each([
    '"metadata":{"prompt":"triage-dev"}',
    '"metadata":{"prompt":{"id":"triage-dev","version":"1000196263812939782"}}',
    '"metadata":{"prompt":{"id":5,"project_id":"support-dev"}}',
    '"metadata":{"prompt":{"id":"gone","project_id":"gone","version":"1000196263812939782"}}',
    '"metadata":{"nested":{"prompt":{"id":"triage-dev","project_id":"support-dev"}}}',
    '"input":{"prompt":{"id":"triage-dev","project_id":"support-dev"}}',
    '"metadata":"prompt"',
  ])('that only looks like a reference is user data: %s', (members) => {
    expect(spliced(members).text).toBe(members);
  });

  test('keeps a version that is not a transaction', () => {
    expect(spliced('"metadata":{"prompt":{"id":"triage-dev","project_id":"x","version":"v2"}}').text).toBe(
      '"metadata":{"prompt":{"id":"triage \\"prod\\"","project_id":"x","version":"v2"}}',
    );
  });

  test('assigns the people of the destination', () => {
    const { text, page } = spliced('"metadata":{"~__bt_\\u0061ssignments":[ "ann-dev", "bob-dev",7],"x":[]}');
    expect(text).toBe('"metadata":{"~__bt_\\u0061ssignments":[ "ann-prod", "bob-dev",7],"x":[]}');
    expect(page.tallies[0]?.references.unresolved).toEqual(new Map([['user', 1]]));
  });
});

describe('attachments', () => {
  const at = (key: string): string => `{"type":"braintrust_attachment","filename":"a.png","key":"${key}"}`;

  test('get their new keys at any depth, and nothing else of the row changes', () => {
    const members = (a: string, b: string, c: string): string =>
      `"input":[{"deep":[[${at(a)}]]},"braintrust_attachment",{"type":"text","key":"k"}],"output": {"key":"${b}" ,"inner":${at(c)},"\\u0074ype":"braintrust\\u005fattachment"},"n":1.0`;
    const { text, page } = spliced(members('one', 'two', 'three'));
    expect(text).toBe(members('copy-of-one', 'copy-of-two', 'copy-of-three'));
    expect(page.tallies[0]?.references.remapped).toBe(3);
  });

  test('that were not copied keep their keys and are counted', () => {
    const { text, page } = spliced(`"input":${at('missing')}`);
    expect(text).toBe(`"input":${at('missing')}`);
    expect(page.tallies[0]?.references.unresolved).toEqual(new Map([['attachment', 1]]));
  });

  test('are none when the last type says so', () => {
    const members = '"input":{"type":"braintrust_attachment","key":"one","type":5}';
    expect(spliced(members).text).toBe(members);
  });

  test('in what is taken out go with it', () => {
    const { text, page } = spliced(`"origin":{"_xact_id":${at('one')},"id":"a"},"input":${at('two')}`);
    expect(text).toBe(`"origin":{"id":"a"},"input":${at('copy-of-two')}`);
    expect(page.tallies[0]?.references).toMatchObject({ remapped: 1, droppedPins: 1 });
  });

  test('keep their keys when nobody copies attachments', () => {
    const page = splice([`{"input":${at('one')}}`], { ...lookup, attachmentKey: null });
    expect(page.bytes.toString()).toContain('"key":"one"');
    expect(page.tallies[0]?.references).toEqual({ remapped: 0, droppedPins: 0, unresolved: new Map() });
  });

  test('with keys much longer than before do not cost the rows after them', () => {
    const long = 'k'.repeat(10_000);
    const page = splice([`{"id":"a","input":${at('x')}}`, '{"id":"b"}', `{"id":"c","input":${at('y')}}`], {
      ...lookup,
      attachmentKey: (key) => key + long,
    });
    expect(page.bytes.toString()).toBe(
      `{"id":"a","input":${at(`x${long}`)},"experiment_id":"exp-prod"},{"id":"b","experiment_id":"exp-prod"},{"id":"c","input":${at(`y${long}`)},"experiment_id":"exp-prod"}`,
    );
  });

  test('may be longer by any length, however much the rows after them grow', () => {
    const rows = [`{"input":${at('x')}}`, ...Array.from({ length: 20 }, () => '{}')];
    for (let length = 0; length < 800; length++) {
      const key = 'k'.repeat(length);
      const page = splice(rows, { ...lookup, attachmentKey: () => key });
      const own = '"experiment_id":"exp-prod"';
      expect(page.bytes.toString()).toBe([`{"input":${at(key)},${own}}`, ...Array(20).fill(`{${own}}`)].join(','));
    }
  });
});

describe('a page', () => {
  test('leaves out damaged, foreign and deleted rows and keeps the others in order', () => {
    const page = splice([
      '{"id":"a","experiment_id":"exp-dev","_pagination_key":"p1","_xact_id":"7","created":"2026-01-05"}',
      '{"id":tru}',
      '{"id":"b","_object_delete":true}',
      '{"id":"c","experiment_id":"other"}',
      '{"id":"d \\u00e9","comments":[{}],"dataset_record_id":"case-0"}',
    ]);
    expect(page.bytes.toString()).toBe(
      '{"id":"a","created":"2026-01-05","experiment_id":"exp-prod"},{"id":"d \\u00e9","dataset_record_id":"case-0","experiment_id":"exp-prod"}',
    );
    expect([...page.rows.subarray(0, page.count)]).toEqual([0, 4]);
    expect(page.unreadable.map(({ row }) => row)).toEqual([1, 3]);
    expect(page.tallies[0]?.tombstones).toBe(1);
    expect(page.tallies[0]?.lost).toMatchObject({ comments: 1, audit_data: 0 });
    expect(page.tallies[0]?.datasetRecordIds).toBe(1);
    expect([rowText(page, page.ids, 0), rowText(page, page.ids, 1)]).toEqual(['a', 'd é']);
    expect([rowText(page, page.paginationKeys, 0), rowText(page, page.paginationKeys, 1)]).toEqual(['p1', null]);
    expect([rowText(page, page.xactIds, 0), rowText(page, page.created, 0)]).toEqual(['7', '2026-01-05']);
  });

  test('may hold nothing to write', () => {
    expect(splice([]).bytes.length).toBe(0);
    expect(splice(['{"_object_delete":true}']).bytes.length).toBe(0);
  });
});
