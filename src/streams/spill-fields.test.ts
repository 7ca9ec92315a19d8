import { describe, expect, test } from 'vitest';
import { chooseFields, findSpilled, putBack, spillFields } from './spill-fields.ts';

const KB = 1024;
const reference = (field: string, key: string): string =>
  `{"type":"braintrust_attachment","filename":"${field}.json","content_type":"application/json","key":"${key}"}`;

function spill(row: Buffer, limit: number): { text: string; spilled: (readonly [string, string])[] } {
  const fields = chooseFields(row, limit);
  const keyed = fields.map((field, n) => ({ ...field, key: `key-${n + 1}` }));
  return {
    text: spillFields(row, keyed).toString(),
    spilled: fields.map(({ field, content }) => [field, content.toString()] as const),
  };
}

describe('a row that is too large', () => {
  const input = `{"n": 1.0, "text":"${'x'.repeat(200 * KB)}"}`;
  const output = `"${'\\u00e9'.repeat(50 * KB)}"`;
  const row = (one: string, two: string): Buffer =>
    Buffer.from(`{"id":"a", "input" : ${one},"scores":{"polite":0.50},"output":${two}}`);

  test('has its largest field moved out, byte for byte, and no more than it takes', () => {
    const { text, spilled } = spill(row(input, output), 210 * KB);
    expect(spilled).toEqual([['output', output]]);
    expect(text).toBe(row(input, reference('output', 'key-1')).toString());
  });

  test('has further fields moved out while it does not fit', () => {
    const { text, spilled } = spill(row(input, output), 10 * KB);
    expect(spilled).toEqual([
      ['output', output],
      ['input', input],
    ]);
    expect(text).toBe(row(reference('input', 'key-2'), reference('output', 'key-1')).toString());
  });

  test('is the same again once its fields are put back', () => {
    const whole = row(input, output);
    const shorter = Buffer.from(spill(whole, 10 * KB).text);
    const found = findSpilled(shorter);
    expect(found.map(({ blob }) => [blob.key, blob.filename])).toEqual([
      ['key-2', 'input.json'],
      ['key-1', 'output.json'],
    ]);
    const contents = [input, output].map((text) => Buffer.from(text));
    const filled = found.map((field, n) => ({ ...field, content: contents[n] as Buffer }));
    expect(putBack(shorter, filled).equals(whole)).toBe(true);
  });

  test.each([
    ['of another name', `"input":${reference('output', 'k')}`],
    ['that says more', `"input":${reference('input', 'k').replace('}', ',"more":1}')}`],
    ['in a field that is never moved', `"tags":${reference('tags', 'k')}`],
    ['deeper in a field', `"input":{"file":${reference('input', 'k')}}`],
  ])('is not what has an attachment %s', (_, member) => {
    expect(findSpilled(Buffer.from(`{"id":"a",${member}}`))).toEqual([]);
  });

  test('stays as it is when what is large may not be moved', () => {
    const tags = Buffer.from(`{"id":"a","tags":["${'x'.repeat(100 * KB)}"],"input":"${'y'.repeat(60 * KB)}"}`);
    expect(spill(tags, 10 * KB)).toEqual({ text: tags.toString(), spilled: [] });
  });
});

test('a row that fits is left alone', () => {
  const row = Buffer.from(`{"id":"a","input":"${'x'.repeat(100 * KB)}"}`);
  expect(chooseFields(row, row.length)).toEqual([]);
});
