import { expect, test } from 'vitest';
import type { JsonObject } from '../domain/json.ts';
import { parseJson } from '../domain/parse-json.ts';
import { diffFields } from './diff-fields.ts';
import { PROVIDERS } from './registry.ts';

const { dataset, prompt } = PROVIDERS;

test('differences come by path, in path order, arrays element by element', () => {
  const before = { name: 'A', tags: ['x', 'y'], metadata: { b: 1, a: { deep: true } } };
  const after = { name: 'B', tags: ['x', 'z', 'new'], metadata: { a: { deep: false }, c: null } };
  expect(diffFields(dataset, before, after)).toEqual([
    { path: 'metadata.a.deep', before: true, after: false },
    { path: 'metadata.b', before: 1, after: undefined },
    { path: 'metadata.c', before: undefined, after: null },
    { path: 'name', before: 'A', after: 'B' },
    { path: 'tags[1]', before: 'y', after: 'z' },
    { path: 'tags[2]', before: undefined, after: 'new' },
  ]);
});

test('an object against an array, or against a scalar, is one difference', () => {
  expect(diffFields(dataset, { metadata: [1] }, { metadata: { a: 1 } })).toEqual([
    { path: 'metadata', before: [1], after: { a: 1 } },
  ]);
});

test('the order of keys is no difference, also in what looks like a marker', () => {
  const before = { metadata: { $ref: '#/a', title: 'A' } };
  const after = { metadata: { title: 'A', $ref: '#/a' } };
  expect(diffFields(dataset, before, after)).toEqual([]);
});

test('user data that looks like a marker is looked into', () => {
  expect(diffFields(dataset, { metadata: { $ref: '#/a', x: 1 } }, { metadata: { $ref: '#/a', x: 2 } })).toEqual([
    { path: 'metadata.x', before: 1, after: 2 },
  ]);
});

test('a marker is one value', () => {
  const uses = (id: JsonObject) => ({ prompt_data: { tool_functions: [{ id }] } });
  expect(diffFields(prompt, uses({ $missing: 'function:1' }), uses({ $ref: 'function.P.f' }))).toEqual([
    {
      path: 'prompt_data.tool_functions[0].id',
      before: { $missing: 'function:1' },
      after: { $ref: 'function.P.f' },
    },
  ]);
});

test('keys that every object inherits are keys like any other', () => {
  const before = parseJson('{"metadata":{"__proto__":1,"constructor":1}}') as JsonObject;
  expect(diffFields(dataset, before, { metadata: {} }).map(({ path }) => path)).toEqual([
    'metadata.__proto__',
    'metadata.constructor',
  ]);
});

test('values nested deeper than the call stack', () => {
  const nested = (leaf: number) =>
    parseJson(`{"metadata":${'['.repeat(50_000)}${leaf}${']'.repeat(50_000)}}`) as JsonObject;
  expect(diffFields(dataset, nested(1), nested(2))).toMatchObject([{ before: 1, after: 2 }]);
});
