import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, type Json, type JsonObject } from '../domain/json.ts';
import { parseJson } from '../domain/parse-json.ts';
import { comparable } from './comparable.ts';
import { PROVIDERS } from './registry.ts';

const { dataset, project_score, prompt, role } = PROVIDERS;

describe('what a server may add or leave out does not count', () => {
  test.each<[string, Json]>([
    ['null', null],
    ['an empty object', {}],
    ['an empty list', []],
    ['an object of nothing', { a: null, b: { c: [] } }],
  ])('%s', (_name, value) => {
    expect(comparable(prompt, { name: 'A', prompt_data: value })).toEqual({ name: 'A' });
  });

  test('but an element of a list keeps its place', () => {
    expect(comparable(prompt, { prompt_data: { list: [null, {}, 1] } })).toEqual({
      prompt_data: { list: [null, null, 1] },
    });
  });

  test('and user data is left as it is', () => {
    const metadata = { none: null, empty: {}, list: [] };
    expect(comparable(dataset, { metadata })).toEqual({ metadata });
  });
});

test('sets are sorted, and hold nothing twice', () => {
  const one = { permission: 'read' };
  const two = { permission: 'update', restrict_object_type: 'dataset' };
  const nulls = { permission: 'read', restrict_object_type: null };
  expect(comparable(role, { member_permissions: [two, one, nulls] })).toEqual(
    comparable(role, { member_permissions: [one, two] }),
  );
});

test('a set below a field is sorted too, and a list elsewhere is not', () => {
  const fields = (users: Json, list: Json) => ({ config: { visibility: { users }, list } });
  const form = (users: Json, list: Json) => canonicalJson(comparable(project_score, fields(users, list)));
  expect(form(['b', 'a'], [1, 2])).toBe(form(['a', 'b'], [1, 2]));
  expect(form(['a'], [1, 2])).not.toBe(form(['a'], [2, 1]));
});

describe('numbers', () => {
  const form = (text: string) => canonicalJson(comparable(dataset, parseJson(`{"metadata":${text}}`) as JsonObject));

  test.each([
    ['1.0', '1'],
    ['1e2', '100'],
    ['-0', '0'],
    ['0.50', '0.5'],
  ])('%s is %s', (a, b) => {
    expect(form(a)).toBe(form(b));
  });

  test.each([
    ['9007199254740993', '9007199254740992'],
    ['1e400', '1e401'],
    ['0.1234567890123456789', '0.1234567890123456780'],
  ])('%s is not %s', (a, b) => {
    expect(form(a)).not.toBe(form(b));
  });
});

test('the form of a form is itself', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (metadata) => {
      const fields = { name: 'A', metadata: metadata as Json, prompt_data: metadata as Json, tags: ['b', 'a'] };
      for (const definition of [dataset, prompt]) {
        const once = comparable(definition, fields);
        expect(canonicalJson(comparable(definition, once))).toBe(canonicalJson(once));
      }
    }),
    { seed: 20261123 },
  );
});

test('values nested deeper than the call stack', () => {
  const text = `${'{"a":['.repeat(40_000)}null${']}'.repeat(40_000)}`;
  const form = comparable(prompt, { prompt_data: parseJson(text) });
  expect(canonicalJson(form).length).toBe(`{"prompt_data":${text}}`.length);
});
