import { expect, test } from 'vitest';
import { plannedAction } from '../../../test/support/plan-fixture.ts';
import { type Json, JsonNumber } from '../../domain/json.ts';
import { gatherChanges } from './gather-changes.ts';
import { diffChanges } from './render-diff.ts';

function shown(before: Json, after: Json, mostLines = 100): string[] {
  return diffChanges([{ path: 'field', before, after }], mostLines).flatMap(({ path, headline, lines }) => [
    `${path}: ${headline}`,
    ...lines.map(({ kind, text }) => `${{ same: ' ', added: '+', removed: '-', note: '' }[kind]}${text}`),
  ]);
}

function numbered(count: number, word = 'line'): string[] {
  return Array.from({ length: count }, (_, index) => `${word} ${index + 1}`);
}

test.each<[string, Json, Json, string]>([
  ['a short text', 'gpt-4o', 'gpt-5', 'field: "gpt-4o" -> "gpt-5"'],
  ['a number that JavaScript cannot hold', 1, new JsonNumber('9007199254740993'), 'field: 1 -> 9007199254740993'],
  ['a spelling of a number', 1, new JsonNumber('1.0'), 'field: 1 -> 1.0'],
  ['a type', '5', 5, 'field: "5" -> 5'],
  ['a value that comes', null, true, 'field: set to true'],
  ['a value that goes', ['a'], null, 'field: removed, was ["a"]'],
  ['a member', { a: 1, b: 2 }, { b: 3, a: 1 }, 'field.b: 2 -> 3'],
  ['an item of a list', { list: [{ n: 1 }, { n: 2 }] }, { list: [{ n: 1 }, { n: 3 }] }, 'field.list[1].n: 2 -> 3'],
  ['a longer list', ['a'], ['a', 'b'], 'field: ["a"] -> ["a", "b"]'],
  ['a reference', { $ref: 'prompt.A.b' }, { $ref: 'prompt.A.c' }, 'field: prompt.A.b -> prompt.A.c'],
  ['a newest version', null, { $version: 'dataset.A.b' }, 'field: set to (newest version of dataset.A.b)'],
  ['a secret', null, { $secret: 'PROD_KEY' }, 'field: set to (set from $PROD_KEY at apply)'],
  ['a webhook', null, { $from_source: 'url', digest: 'x' }, 'field: set to (secret, read from the source at apply)'],
  ['a JSON Schema reference', null, { $ref: '#/definitions/Acme' }, 'field: set to { $ref: "#/definitions/Acme" }'],
])('%s is shown on one line', (_what, before, after, line) => {
  expect(shown(before, after)).toEqual([line]);
});

test('null equals absent and the order of keys means nothing', () => {
  expect(shown({ a: 1, gone: null }, { also: null, a: 1 })).toEqual(['field: no visible difference']);
  expect(shown({ a: 1, gone: null }, { a: 2 })).toEqual(['field.a: 1 -> 2']);
});

test('a long text shows three lines around each change and counts the others', () => {
  const lines = numbered(40);
  const edited = lines.with(19, 'line twenty');
  expect(shown(lines.join('\n'), edited.join('\n'))).toEqual([
    'field: text changed, 1 line removed, 1 added',
    '… 16 unchanged lines',
    ' line 17',
    ' line 18',
    ' line 19',
    '-line 20',
    '+line twenty',
    ' line 21',
    ' line 22',
    ' line 23',
    '… 17 unchanged lines',
  ]);
});

test('a structure of other size is compared line by line, with text of several lines as lines', () => {
  const before = [{ role: 'system', content: 'Be brief.\nBe kind.' }];
  const after = [...before, { role: 'user', content: 'x'.repeat(81), empty: null }];
  expect(shown(before, after)).toEqual([
    'field: text changed, 0 lines removed, 3 added',
    '… 2 unchanged lines',
    '     Be brief.',
    '     Be kind.',
    '   role: "system"',
    '+-',
    `+  content: "${'x'.repeat(81)}"`,
    '+  role: "user"',
  ]);
});

test('white space that alone differs is said and made visible', () => {
  expect(shown(`a\n${'\t'}b`, 'a\n    b')).toEqual([
    'field: text changed, 1 line removed, 1 added, only white space differs',
    ' a',
    '-→   b',
    '+    b',
  ]);
  expect(shown('a\r\nb', 'a\nb')[1]).toBe('-a\\r');
});

test('a long line is shown around the place where it differs', () => {
  const start = 'a'.repeat(600_000);
  const end = 'z'.repeat(400_000);
  expect(shown(`${start}OLD${end}`, `${start}NEWER${end}`)).toEqual([
    'field: text changed, 1 line removed, 1 added',
    `-(599,960 same characters) …${'a'.repeat(40)}OLD${'z'.repeat(40)}… (399,960 same characters)`,
    `+(599,960 same characters) …${'a'.repeat(40)}NEWER${'z'.repeat(40)}… (399,960 same characters)`,
  ]);
});

test('texts of a megabyte that have nothing in common are counted, quickly', () => {
  const start = performance.now();
  const lines = shown(numbered(60_000, 'before').join('\n'), numbered(50_000, 'after').join('\n'));
  expect(lines).toEqual(['field: rewritten, 60,000 lines -> 50,000 lines', '… too different to show line by line']);
  expect(shown(numbered(3_000, 'before').join('\n'), numbered(3_000, 'after').join('\n'))).toHaveLength(2);
  expect(performance.now() - start).toBeLessThan(5_000);
});

test('what is beyond the limit is counted, not dropped', () => {
  expect(shown(null, numbered(10).join('\n'), 2)).toEqual([
    'field: set to 10 lines',
    '+line 1',
    '+line 2',
    '… 8 more lines, see show --format json',
  ]);
});

test('an item put in front of a list is one change, not one for every item behind it', () => {
  const before = { tools: [{ id: 'b' }, { id: 'c' }] };
  const after = { tools: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] };
  const action = plannedAction({
    op: 'update',
    address: 'prompt.Acme.triage',
    reason: 'source_changed',
    before: { name: 'Triage', prompt: before },
    after: { name: 'Triage!', prompt: after },
    changes: [
      { path: 'name', before: 'Triage', after: 'Triage!' },
      { path: 'prompt.tools[0].id', before: 'b', after: 'a' },
      { path: 'prompt.tools[1].id', before: 'c', after: 'b' },
      { path: 'prompt.tools[2]', after: { id: 'c' } },
    ],
  });
  expect(gatherChanges(action).map(({ path }) => path)).toEqual(['name', 'prompt.tools']);
});

test('a value nested deeper than the call stack is shown', () => {
  const nested = (inner: Json) => {
    let value = inner;
    for (let depth = 0; depth < 50_000; depth += 1) value = depth % 2 === 0 ? [value] : { a: value };
    return value;
  };
  const lines = shown(nested(1), nested(2));
  expect(lines.some((line) => line.endsWith('(99,882 same characters)') || line.includes('same characters'))).toBe(
    true,
  );
  expect(shown(null, nested(1)).length).toBeGreaterThan(60);
});
