import { describe, expect, test } from 'vitest';
import { type BatchLimits, batchRows, type RowBatch } from './batch-rows.ts';
import { scanPage } from './scan-page.ts';
import { rowText, type SplicedPage, splicePage } from './splice-page.ts';
import { spliceRule } from './splice-rule.ts';

const rule = spliceRule(
  'dataset_rows',
  [
    { sourceId: 'golden', destinationId: 'golden-prod' },
    { sourceId: 'edge', destinationId: 'edge-prod' },
  ],
  { skipAsyncScoring: false },
);
const NO_LIMITS: BatchLimits = { bytes: 1_000_000, rows: 1_000_000 };

interface Row {
  readonly id: string | null;
  readonly xact?: string;
  readonly dataset?: string;
  readonly input?: string;
}

function pageOf(rows: readonly Row[]): SplicedPage {
  const lines = rows.map(({ id, xact = '1', dataset = 'golden', input = '' }) =>
    JSON.stringify({ id, _xact_id: xact, dataset_id: dataset, input }),
  );
  return splicePage(scanPage(Buffer.from(lines.join('\n')), 'jsonl'), rule, {
    objectId: () => undefined,
    attachmentKey: null,
  });
}

function sent(batch: RowBatch): { id: string; input: string }[] {
  const bytes = Buffer.concat(batch.body);
  expect(bytes.length).toBe(batch.bytes);
  const body = JSON.parse(bytes.toString()) as { rows: { id: string; input: string }[]; api_version: number };
  expect(Object.keys(body)).toEqual(['rows', 'api_version']);
  expect(body.api_version).toBe(2);
  expect(body.rows.map(({ id }) => id)).toEqual(batch.rows.map(({ page, row }) => rowText(page, page.ids, row)));
  return body.rows;
}

describe('request bodies', () => {
  const cases = Array.from({ length: 10 }, (_, n) => ({ id: `case-${n}` }));

  test('hold all rows in their order, a piece a page', () => {
    const { batches } = batchRows([pageOf(cases.slice(0, 4)), pageOf([]), pageOf(cases.slice(4))], NO_LIMITS);
    expect(batches.map((batch) => sent(batch).map(({ id }) => id))).toEqual([cases.map(({ id }) => id)]);
    expect(batches[0]?.body.length).toBe(5);
  });

  test('separate neighbours of two pages, whatever their numbers', () => {
    const pages = [pageOf([{ id: 'a', xact: '2' }]), pageOf([{ id: 'a', xact: '1' }, { id: 'b' }])];
    expect(batchRows(pages, NO_LIMITS).batches.map((batch) => sent(batch).map(({ id }) => id))).toEqual([['a', 'b']]);
  });

  test('are cut at the number of rows', () => {
    const { batches } = batchRows([pageOf(cases)], { ...NO_LIMITS, rows: 4 });
    expect(batches.map((batch) => sent(batch).length)).toEqual([4, 4, 2]);
  });

  test('are cut at the number of bytes, to the byte', () => {
    const all = batchRows([pageOf(cases.slice(0, 3))], NO_LIMITS).batches[0]?.bytes ?? 0;
    expect(batchRows([pageOf(cases)], { ...NO_LIMITS, bytes: all }).batches.map((batch) => sent(batch).length)).toEqual(
      [3, 3, 3, 1],
    );
    expect(
      batchRows([pageOf(cases)], { ...NO_LIMITS, bytes: all - 1 }).batches.map((batch) => sent(batch).length),
    ).toEqual([2, 2, 2, 2, 2]);
  });

  test('never hold a row above the limit, which is reported alone', () => {
    const page = pageOf([{ id: 'a' }, { id: 'huge', input: 'x'.repeat(500) }, { id: 'b' }]);
    const { batches, oversize } = batchRows([page], { ...NO_LIMITS, bytes: 300 });
    expect(batches.flatMap((batch) => sent(batch)).map(({ id }) => id)).toEqual(['a', 'b']);
    expect(oversize).toEqual([{ page, row: 1 }]);
  });

  test('are none without rows', () => {
    expect(batchRows([], NO_LIMITS)).toEqual({ batches: [], oversize: [], superseded: [] });
  });
});

describe('a row that occurs twice', () => {
  const written = (rows: readonly Row[]): string[] =>
    batchRows([pageOf(rows)], NO_LIMITS).batches.flatMap((batch) => sent(batch).map(({ input }) => input));

  test('is written once, as its newest transaction has it, where that stands', () => {
    expect(
      written([
        { id: 'a', xact: '999', input: 'old' },
        { id: 'b', input: 'b' },
        { id: 'a', xact: '1000', input: 'new' },
      ]),
    ).toEqual(['b', 'new']);
    expect(
      written([
        { id: 'a', xact: '1000', input: 'new' },
        { id: 'b', input: 'b' },
        { id: 'a', xact: '999', input: 'old' },
      ]),
    ).toEqual(['new', 'b']);
  });

  test('is written as it was read last when both are of one transaction, from two pages too', () => {
    const pages = [
      pageOf([{ id: 'a', input: '1' }]),
      pageOf([
        { id: 'a', input: '2' },
        { id: 'a', input: '3' },
      ]),
    ];
    const { batches, superseded } = batchRows(pages, NO_LIMITS);
    expect(batches.flatMap((batch) => sent(batch).map(({ input }) => input))).toEqual(['3']);
    expect(superseded).toEqual([
      { page: pages[0], row: 0 },
      { page: pages[1], row: 0 },
    ]);
  });

  test('is two rows in two containers', () => {
    expect(
      written([
        { id: 'a', input: 'golden' },
        { id: 'a', dataset: 'edge', input: 'edge' },
      ]),
    ).toEqual(['golden', 'edge']);
  });

  test('is two rows when they have no id', () => {
    expect(batchRows([pageOf([{ id: null }, { id: null }])], NO_LIMITS).batches[0]?.rows.length).toBe(2);
  });
});
