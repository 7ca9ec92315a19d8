import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BatchCutter } from './batch-cutter.ts';
import { newPageNews, type ReadyPage, type RowBatch } from './ready-page.ts';
import { bodyOf, ENVELOPE_BYTES, halves, type RowRun } from './row-batch.ts';

interface Row {
  readonly key: string | null;
  readonly id: string;
  readonly size: number;
  readonly isWritten: boolean;
}

const rowText = ({ id, size }: Row): string => JSON.stringify({ id, input: 'x'.repeat(size) });

function pageOf(rows: readonly Row[], completeUpTo: string | null): ReadyPage {
  const texts = rows.map(rowText);
  const starts = new Uint32Array(rows.length);
  const ends = new Uint32Array(rows.length);
  let at = 0;
  for (const [n, text] of texts.entries()) {
    starts[n] = at;
    at += Buffer.byteLength(text);
    ends[n] = at;
    at += 1;
  }
  const parts: ReadyPage['parts'][number][] = [];
  const page: ReadyPage = {
    bytes: Buffer.from(texts.join(',')),
    starts,
    ends,
    containers: new Uint16Array(rows.length),
    parts,
    late: null,
    colliding: null,
    news: [newPageNews()],
    completeUpTo,
    lastKey: rows.at(-1)?.key ?? null,
    rowsLeft: rows.filter(({ isWritten }) => isWritten).length,
    release: () => undefined,
  };
  for (const [n, { isWritten }] of rows.entries()) if (isWritten) parts.push({ source: page, from: n, to: n + 1 });
  return page;
}

function sent(run: RowRun): string[] {
  const body = Buffer.concat(bodyOf(run));
  expect(body.length).toBe(run.bytes);
  return (JSON.parse(body.toString()) as { rows: { id: string }[] }).rows.map(({ id }) => id);
}

/** Keys that ascend, with ties. */
const pagesOf = fc
  .array(
    fc.array(fc.record({ step: fc.integer({ min: 0, max: 2 }), size: fc.nat(80), isWritten: fc.boolean() }), {
      minLength: 1,
      maxLength: 8,
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((pages) => {
    let key = 1;
    let n = 0;
    return pages.map((page) =>
      page.map(({ step, size, isWritten }): Row => {
        key += step;
        return { key: `p${String(key).padStart(4, '0')}`, id: `row-${n++}`, size, isWritten };
      }),
    );
  });

describe('batches', () => {
  test('hold all rows in their order within the limits, and never say that rows are done which are not', () => {
    fc.assert(
      fc.property(pagesOf, fc.integer({ min: 60, max: 400 }), fc.integer({ min: 1, max: 6 }), (pages, bytes, rows) => {
        const batches: RowBatch[] = [];
        const cutter = new BatchCutter(
          () => ({ bytes, rows }),
          (batch) => batches.push(batch),
        );
        const all = pages.flat();
        for (const [n, page] of pages.entries()) {
          const last = page.at(-1)?.key ?? null;
          // A tie that goes on in the next page is not complete.
          const isTied = pages[n + 1]?.[0]?.key === last;
          const before = all.filter(({ key }) => key !== last && (key ?? '') < (last ?? '')).at(-1)?.key ?? null;
          cutter.add(pageOf(page, isTied ? before : last), (row) => page[row]?.key ?? null);
        }
        cutter.finish();
        expect(cutter.empty).toBe(true);
        const written = all.filter(({ isWritten }) => isWritten);
        expect(batches.flatMap(({ run }) => (run.rows === 0 ? [] : sent(run)))).toEqual(written.map(({ id }) => id));
        const done = new Set<string>();
        for (const { run, upTo } of batches) {
          expect(run.rows).toBeLessThanOrEqual(rows);
          if (run.rows > 1) expect(run.bytes).toBeLessThanOrEqual(bytes);
          if (run.rows > 0) for (const id of sent(run)) done.add(id);
          const left = written.filter(({ id }) => !done.has(id));
          for (const { key } of left) expect(upTo === null || (key ?? '') > upTo).toBe(true);
        }
        expect(batches.at(-1)?.upTo).toBe(all.at(-1)?.key);
        expect(batches.flatMap(({ opens }) => opens).length).toBeGreaterThanOrEqual(pages.length);
        // Whoever counts what is left of each page comes to nothing.
        const left = new Map(batches.flatMap(({ opens }) => opens.map((page) => [page, page.rowsLeft])));
        for (const { run } of batches) {
          for (const { source, from, to } of run.parts) left.set(source, (left.get(source) ?? 0) - (to - from));
        }
        expect([...left.values()].every((rows) => rows === 0)).toBe(true);
      }),
    );
  });

  test('leave out rows that the next page may share a key with, until it comes', () => {
    const row = (key: string, id: string): Row => ({ key, id, size: 0, isWritten: true });
    const pages = [
      [row('p1', 'a'), row('p2', 'b'), row('p2', 'c')],
      [row('p2', 'd'), row('p3', 'e')],
    ];
    const batches: RowBatch[] = [];
    const cutter = new BatchCutter(
      () => ({ bytes: 1000, rows: 10 }),
      (batch) => batches.push(batch),
    );
    cutter.add(pageOf(pages[0] ?? [], 'p1'), (n) => pages[0]?.[n]?.key ?? null);
    cutter.flush();
    cutter.add(pageOf(pages[1] ?? [], 'p2'), (n) => pages[1]?.[n]?.key ?? null);
    cutter.flush();
    expect(batches.map(({ run, upTo }) => [sent(run), upTo])).toEqual([
      [['a'], 'p1'],
      [['b', 'c', 'd'], 'p2'],
    ]);
    cutter.finish();
    expect(batches.slice(2).map(({ run, upTo }) => [sent(run), upTo])).toEqual([[['e'], 'p3']]);
  });

  test('move no position inside a page whose keys do not ascend', () => {
    const rows = Array.from({ length: 3 }, (_, n): Row => ({ key: null, id: `row-${n}`, size: 0, isWritten: true }));
    const batches: RowBatch[] = [];
    const cutter = new BatchCutter(
      () => ({ bytes: 1000, rows: 1 }),
      (batch) => batches.push(batch),
    );
    cutter.add(pageOf(rows, 'p0009'), null);
    cutter.flush();
    expect(batches.map(({ upTo }) => upTo)).toEqual([null, null, 'p0009']);
  });

  test('of a page with nothing to write are empty and still say how far it is done', () => {
    const batches: RowBatch[] = [];
    const cutter = new BatchCutter(
      () => ({ bytes: 1000, rows: 10 }),
      (batch) => batches.push(batch),
    );
    cutter.add(pageOf([{ key: 'p1', id: 'a', size: 0, isWritten: false }], 'p1'), () => 'p1');
    cutter.flush();
    cutter.flush();
    expect(batches.map(({ run, upTo }) => [run.rows, run.bytes, upTo])).toEqual([[0, ENVELOPE_BYTES, 'p1']]);
  });

  test('are halved without losing a row', () => {
    const rows = Array.from({ length: 7 }, (_, n): Row => ({ key: null, id: `row-${n}`, size: n, isWritten: n !== 3 }));
    const batches: RowBatch[] = [];
    const cutter = new BatchCutter(
      () => ({ bytes: 10_000, rows: 10 }),
      (batch) => batches.push(batch),
    );
    cutter.add(pageOf(rows, null), null);
    cutter.flush();
    const [first, second] = halves((batches[0] as RowBatch).run);
    expect([sent(first), sent(second)]).toEqual([
      ['row-0', 'row-1', 'row-2'],
      ['row-4', 'row-5', 'row-6'],
    ]);
  });
});
