import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MalformedJsonError } from '../../src/streams/json-bytes.ts';
import { scanPage } from '../../src/streams/scan-page.ts';
import { ForeignRowError, spliceRow } from '../../src/streams/splice-row.ts';
import { spliceRule } from '../../src/streams/splice-rule.ts';
import { LOST_COLUMNS, newSplicedRow, type SplicedRow } from '../../src/streams/spliced-row.ts';
import { rowText } from './json-text.ts';
import { type ReferenceSplice, referenceSplice } from './reference-splice.ts';

const RUNS = 3000;
const CONTAINER = 'exp-1';
const rule = spliceRule('experiment_rows', [{ sourceId: CONTAINER, destinationId: 'dest-1' }], {
  skipAsyncScoring: true,
});
const COLUMNS = '"experiment_id":"dest-1","_skip_async_scoring":true';

/** Rows of one container: of all that they say about it, the last word counts. */
const row = rowText(['"experiment_id"', `"${CONTAINER}"`]);

function splice(source: Buffer, start: number, end: number, out: SplicedRow): Buffer {
  // Odd places, and bytes around the room that must stay as they are.
  const room = end - start + rule.growth;
  const target = Buffer.alloc(room + 14, 0xee);
  source.copy(target, 7 + rule.growth, start, end);
  const after = spliceRow(source, start, end, target, 7 + rule.growth, 7, rule, out);
  expect(target.subarray(0, 7).every((byte) => byte === 0xee)).toBe(true);
  expect(target.subarray(room + 7).every((byte) => byte === 0xee)).toBe(true);
  return target.subarray(7, after);
}

function slice(bytes: Buffer, start: number, end: number): string | null {
  return start < 0 ? null : bytes.toString('latin1', start, end);
}

function expectEqual(source: Buffer, start: number, end: number): void {
  const out = newSplicedRow();
  const found = splice(source, start, end, out);
  const expected: ReferenceSplice = referenceSplice(source.toString('latin1', start, end), 'experiment_id', COLUMNS);
  expect(out.tombstone).toBe(expected.tombstone);
  expect(slice(source, out.idStart, out.idEnd)).toBe(expected.id);
  expect(slice(source, out.createdStart, out.createdEnd)).toBe(expected.created);
  expect(slice(source, out.keyStart, out.keyEnd)).toBe(expected.paginationKey);
  expect(LOST_COLUMNS.filter((_, n) => out.lost & (1 << n))).toEqual(expected.lost);
  expect(found.toString('latin1')).toBe(expected.tombstone ? '' : expected.text);
}

describe('a spliced row', () => {
  test('is what the reference writes, byte for byte, wherever the row stands', () => {
    fc.assert(
      fc.property(row, fc.nat(9), (text, before) => {
        const source = Buffer.from(`${'{'.repeat(before)}${text}\n{"id":"next"}`);
        expectEqual(source, before, before + Buffer.byteLength(text));
      }),
      { numRuns: RUNS },
    );
  });

  test('does not depend on the rows before it', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 2, maxLength: 6 }), (texts) => {
        const page = scanPage(Buffer.from(texts.join('\n')), 'jsonl');
        expect(page.count).toBe(texts.length);
        for (let n = 0; n < page.count; n++) expectEqual(page.bytes, page.starts[n] ?? -1, page.ends[n] ?? -1);
      }),
      { numRuns: RUNS / 3 },
    );
  });

  test('is never a wrong one when the bytes are damaged', () => {
    let accepted = 0;
    let refused = 0;
    fc.assert(
      fc.property(
        row,
        fc.array(fc.tuple(fc.nat(), fc.nat(4), BYTE), { minLength: 1, maxLength: 3 }),
        (text, damage) => {
          const bytes = damage.reduce(damaged, Buffer.from(text));
          try {
            const out = newSplicedRow();
            splice(bytes, 0, bytes.length, out);
          } catch (error) {
            if (error instanceof MalformedJsonError) expect(isJsonObject(bytes.toString('latin1'))).toBe(false);
            else expect(error).toBeInstanceOf(ForeignRowError);
            refused++;
            return;
          }
          accepted++;
          const outsideStrings = bytes.toString('latin1').replace(/"(?:[^"\\]|\\[\s\S])*"/g, '""');
          expect(isJsonObject(outsideStrings)).toBe(true);
          expectEqual(bytes, 0, bytes.length);
        },
      ),
      { numRuns: RUNS },
    );
    expect(accepted).toBeGreaterThan(RUNS / 50);
    expect(refused).toBeGreaterThan(RUNS / 2);
  });

  test('is refused when it ends before its end, at every byte', () => {
    fc.assert(
      fc.property(row, (text) => {
        const bytes = Buffer.from(text);
        const out = newSplicedRow();
        for (let end = 1; end < bytes.length; end++) {
          expect(() => splice(bytes.subarray(0, end), 0, end, out)).toThrow(MalformedJsonError);
          expect(() => splice(bytes, 0, end, out)).toThrow(MalformedJsonError);
        }
      }),
      { numRuns: 25 },
    );
  });
});

/** Mostly bytes that mean something in JSON. */
const BYTE = fc.oneof(fc.constantFrom(...Buffer.from('{}[],:"\\ \n\t0-.eEntf')), fc.nat(255));

/** Cuts off, takes out, puts in, overwrites or doubles something. */
function damaged(bytes: Buffer, [place, way, value]: [number, number, number]): Buffer {
  const at = place % (bytes.length + 1);
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
  if (way === 0) return Buffer.from(head);
  if (way === 1) return Buffer.concat([head, tail.subarray(1)]);
  if (way === 2) return Buffer.concat([head, Buffer.from([value]), tail]);
  if (way === 3) return Buffer.concat([head, Buffer.from([value]), tail.subarray(1)]);
  return Buffer.concat([head, tail.subarray(0, 5), tail]);
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return (
      typeof value === 'object' && value !== null && !Array.isArray(value) && text.startsWith('{') && text.endsWith('}')
    );
  } catch {
    return false;
  }
}
