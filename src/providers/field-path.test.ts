import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../domain/json.ts';
import { carryField } from './carry-field.ts';
import { mapFields, parseFieldPath, REMOVED, setAt, valuesAt } from './field-path.ts';

const FIELDS: JsonObject = {
  name: 'Triage',
  prompt_data: { tool_functions: [{ id: 'a' }, { name: 'global' }, { id: 'b' }], mcp: { x: { id: 'm' }, y: {} } },
};

test.each<[string, Json[]]>([
  ['name', ['Triage']],
  ['prompt_data.tool_functions[].id', ['a', 'b']],
  ['prompt_data.tool_functions[2].id', ['b']],
  ['prompt_data.tool_functions[7].id', []],
  ['prompt_data.mcp.*.id', ['m']],
  ['prompt_data.*[].id', ['a', 'b']],
  ['name.inner', []],
  ['constructor', []],
])('%s leads to %j', (path, values) => {
  expect(valuesAt(FIELDS, path)).toEqual(values);
});

test('a change shares what it does not reach, and leaves the original alone', () => {
  const copy = JSON.stringify(FIELDS);
  const changed = mapFields(FIELDS, parseFieldPath('prompt_data.mcp.*.id'), () => 'n');
  expect(valuesAt(changed, 'prompt_data.mcp.x.id')).toEqual(['n']);
  expect(JSON.stringify(FIELDS)).toBe(copy);
  expect((changed.prompt_data as JsonObject).tool_functions).toBe((FIELDS.prompt_data as JsonObject).tool_functions);
  expect(mapFields(FIELDS, parseFieldPath('prompt_data.none'), () => 1)).toBe(FIELDS);
});

test('elements and keys can be removed', () => {
  const without = mapFields(FIELDS, parseFieldPath('prompt_data.tool_functions[]'), (value) =>
    (value as JsonObject).id === undefined ? REMOVED : value,
  );
  expect(valuesAt(without, 'prompt_data.tool_functions[].id')).toHaveLength(2);
  expect((without.prompt_data as { tool_functions: Json[] }).tool_functions).toHaveLength(2);
  expect(mapFields(FIELDS, parseFieldPath('name'), () => REMOVED)).not.toHaveProperty('name');
});

test('a value is set where nothing was, also under a key named like the prototype', () => {
  expect(setAt({}, 'a.b.c', 1)).toEqual({ a: { b: { c: 1 } } });
  expect(setAt({ a: 'text' }, 'a.b', 1)).toEqual({ a: { b: 1 } });
  const odd = setAt({}, '__proto__.a', 1);
  expect(Object.keys(odd)).toEqual(['__proto__']);
  expect(({} as { a?: unknown }).a).toBeUndefined();
});

describe('a field is carried over', () => {
  const held: JsonObject = { a: { b: 'held', c: [{ x: 1 }, { x: 2 }] }, only: 1 };
  const wanted: JsonObject = { a: { b: 'wanted', c: [{ x: 8 }, { x: 9 }, { x: 10 }], d: 1 }, new: 1 };

  test.each<[string, JsonObject]>([
    ['a.b', { a: { ...(wanted.a as JsonObject), b: 'held' }, new: 1 }],
    ['a.d', { a: { b: 'wanted', c: [{ x: 8 }, { x: 9 }, { x: 10 }] }, new: 1 }],
    ['a.c[].x', { a: { b: 'wanted', c: [{ x: 1 }, { x: 2 }, { x: 10 }], d: 1 }, new: 1 }],
    ['a.c[1].x', { a: { b: 'wanted', c: [{ x: 8 }, { x: 2 }, { x: 10 }], d: 1 }, new: 1 }],
    ['a.c[]', { a: { b: 'wanted', c: [{ x: 1 }, { x: 2 }], d: 1 }, new: 1 }],
    ['a.*', { a: { b: 'held', c: [{ x: 1 }, { x: 2 }] }, new: 1 }],
    ['only', { ...wanted, only: 1 }],
    ['new', { a: wanted.a as Json }],
    ['only.deeper', wanted],
    ['none', wanted],
    ['a.b.deeper', wanted],
  ])('%s', (path, expected) => {
    expect(carryField(wanted, held, path)).toEqual(expected);
  });

  test('by a wildcard only where both have it', () => {
    const tools = (...ids: Json[]) => ({ mcp: Object.fromEntries(ids.map((id, at) => [`k${at}`, { id, url: 'u' }])) });
    expect(carryField(tools('w0', 'w1'), tools('h0'), 'mcp.*.id')).toEqual(tools('h0', 'w1'));
    expect(carryField(tools('w0'), tools('h0', 'h1'), 'mcp.*.id')).toEqual(tools('h0'));
  });
});
