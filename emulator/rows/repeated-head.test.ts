import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { wholeBody } from '../http/reply-body.ts';
import { DEFAULT_SWITCHES } from '../switches.ts';
import { RepeatedHead } from './repeated-head.ts';
import { RowPage } from './row-page.ts';
import { RowStore } from './row-store.ts';
import { scanRows } from './scan-envelope.ts';
import { RowScanner } from './scan-row.ts';

const REF = { type: 'project_logs', id: 'p1', orgId: 'o', projectId: 'p1' } as const;
const OPTIONS = { nextXact: () => 0x0de1n << 48n, now: 0, delay: { rowLag: 0, lateRows: [] } };
const STORED = '"span_id":"s","root_span_id":"r","input":[1,{"a":"b"}]';
const COUNT = 50;

/** A store that has given out rows `row-0` to `row-49`. */
function servingStore(): RowStore {
  const store = new RowStore(DEFAULT_SWITCHES, null);
  const rows = Array.from({ length: COUNT }, (_, n) => `{"id":"row-${n}",${STORED}}`);
  const bytes = Buffer.from(`[${rows.join(',')}]`);
  const container = store.container(REF);
  store.transact(OPTIONS, (transaction) => {
    const scanner = new RowScanner();
    scanRows(bytes, 0, scanner, () => transaction.write(container, bytes, scanner));
  });
  const page = new RowPage();
  for (let slot = 0; slot < COUNT; slot++) page.add(container, slot);
  wholeBody(page.commaSeparated());
  return store;
}

/** What a scanner says of each row's members: those up to the id, those behind the copied ones, and where the row ends. */
function membersOf(bytes: Buffer, scanner: RowScanner, onCopy: () => void = () => undefined): unknown[] {
  const seen: unknown[] = [];
  try {
    scanRows(bytes, 0, scanner, () => {
      const all = Array.from({ length: scanner.count }, (_, n) => [
        scanner.field[n],
        scanner.start[n],
        scanner.keyEnd[n],
        scanner.valueStart[n],
        scanner.end[n],
      ]);
      if (scanner.isCopy) onCopy();
      const copied = scanner.isCopy ? [] : ['span_id', 'root_span_id', 'input'];
      const text = (start: unknown, end: unknown) => bytes.toString('latin1', Number(start), Number(end));
      seen.push({
        members: all.filter(([, start, keyEnd]) => !copied.some((name) => text(start, keyEnd) === `"${name}"`)),
        end: scanner.rowEnd,
      });
    });
  } catch (error) {
    seen.push(String(error));
  }
  return seen;
}

// Texts of the same size, so that what comes behind them stands where it did: only what they hold tells them apart.
const text = fc.constantFrom(
  '0123456789',
  '2026-01-02',
  '01","c":"9',
  String.raw`01234567\"`,
  '012345678\\',
  'ab\u0000cdefghi',
  'ab',
);
const member = fc.oneof(
  text.map((value) => `"created":"${value}"`),
  text.map((value) => `"_pagination_key":"${value}"`),
  fc.constantFrom(
    '"created":null',
    '"_xact_id":"1"',
    '"_xact_id":"2"',
    '"expected":null',
    '"expected":true',
    '"o\\u006b":1',
  ),
);
const beginning = fc.array(member, { maxLength: 4 });
const ending = fc.constantFrom('', ',"log_id":"g"', ',"project_id":"p","log_id":"g"', ',', ' ');
const row = (beginnings: fc.Arbitrary<string[]>) =>
  fc.record({
    members: beginnings,
    id: fc.nat(COUNT + 2),
    behind: fc.oneof({ weight: 8, arbitrary: fc.constant('') }, ending),
  });
/** Rows that mostly begin alike. */
const body = fc.array(beginning, { minLength: 1, maxLength: 2 }).chain((few) =>
  fc.array(row(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...few) }, beginning)), {
    minLength: 2,
    maxLength: 12,
  }),
);

test('a row that begins like the copy before it has the members that reading it would find', () => {
  const store = servingStore();
  const scanner = store.scanner();
  const isAt = vi.spyOn(RepeatedHead.prototype, 'isAt');
  let copies = 0;
  fc.assert(
    fc.property(fc.array(body, { minLength: 1, maxLength: 3 }), (bodies) => {
      for (const rows of bodies) {
        const texts = rows.map(
          ({ members, id, behind }) => `{${[...members, `"id":"row-${id}"`].join(',')},${STORED}${behind}}`,
        );
        const bytes = Buffer.from(`[${texts.join(',')}]`);
        expect(membersOf(bytes, scanner, () => copies++)).toEqual(membersOf(bytes, new RowScanner()));
      }
    }),
    { numRuns: 2000, seed: 20261201 },
  );
  expect(copies).toBeGreaterThan(5000);
  expect(isAt.mock.results.filter(({ value }) => value === true).length).toBeGreaterThan(3000);
  isAt.mockRestore();
});
