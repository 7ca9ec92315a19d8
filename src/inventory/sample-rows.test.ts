import { describe, expect, test } from 'vitest';
import type { RowCount } from '../domain/row-io.ts';
import { keyNearEnd } from './sample-rows.ts';

const key = (number: bigint): string => `p${number.toString().padStart(20, '0')}`;
const count = (rows: number, firstKey: string | null, lastKey: string | null): RowCount => ({
  container: { stream: 'logs', id: 'p1' },
  rows,
  newest: '1000197000000000001',
  firstKey,
  lastKey,
  oldest: null,
  unaccepted: null,
  watermark: { visible: '1000197000000000001', settled: '1000197000000000001' },
});

describe('the key that the last page of a sample starts behind', () => {
  const first = 7_571_852_588_646_465_536n;

  test('leaves about a page of rows behind it, where rows come evenly', () => {
    const last = first + 1_000_000n;
    expect(keyNearEnd(count(1000, key(first), key(last)))).toBe(key(last - 50_000n));
  });

  test.each<[string, string | null, string | null, string | null]>([
    ['is the last key when all rows share it', key(first), key(first), key(first)],
    ['is the last key where keys are not numbers', 'a', 'b', 'b'],
    ['is none where rows have no keys', null, null, null],
  ])('%s', (_name, from, to, expected) => {
    expect(keyNearEnd(count(1000, from, to))).toBe(expected);
  });
});
