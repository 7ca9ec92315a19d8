import { describe, expect, test } from 'vitest';
import { spillFields } from './spill-fields.ts';

const KB = 1024;
const keys = (): (() => string) => {
  let n = 0;
  return () => `key-${++n}`;
};
const reference = (field: string, key: string): string =>
  `{"type":"braintrust_attachment","filename":"${field}.json","content_type":"application/json","key":"${key}"}`;

describe('a row that is too large', () => {
  const input = `{"n": 1.0, "text":"${'x'.repeat(200 * KB)}"}`;
  const output = `"${'\\u00e9'.repeat(50 * KB)}"`;
  const row = (one: string, two: string): Buffer =>
    Buffer.from(`{"id":"a", "input" : ${one},"scores":{"polite":0.50},"output":${two}}`);

  test('has its largest field moved out, byte for byte, and no more than it takes', () => {
    const { bytes, spilled, fits } = spillFields(row(input, output), 210 * KB, keys());
    expect(spilled.map(({ field, key, content }) => [field, key, content.toString()])).toEqual([
      ['output', 'key-1', output],
    ]);
    expect(bytes.toString()).toBe(row(input, reference('output', 'key-1')).toString());
    expect(fits).toBe(true);
  });

  test('has further fields moved out while it does not fit', () => {
    const { bytes, spilled, fits } = spillFields(row(input, output), 10 * KB, keys());
    expect(spilled.map(({ field }) => field)).toEqual(['output', 'input']);
    expect(spilled[1]?.content.toString()).toBe(input);
    expect(bytes.toString()).toBe(row(reference('input', 'key-2'), reference('output', 'key-1')).toString());
    expect(fits).toBe(true);
  });

  test('stays too large when what is large may not be moved', () => {
    const tags = Buffer.from(`{"id":"a","tags":["${'x'.repeat(100 * KB)}"],"input":"${'y'.repeat(60 * KB)}"}`);
    expect(spillFields(tags, 10 * KB, keys())).toEqual({ bytes: tags, spilled: [], fits: false });
  });
});

test('a row that fits is left alone', () => {
  const row = Buffer.from(`{"id":"a","input":"${'x'.repeat(100 * KB)}"}`);
  expect(spillFields(row, row.length, keys())).toEqual({ bytes: row, spilled: [], fits: true });
});
