import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../domain/json.ts';
import { parseJson } from '../domain/parse-json.ts';
import { type ChosenWrite, chooseWrite, fieldsAfterWrite } from './choose-write.ts';
import { comparable } from './comparable.ts';
import { PROVIDERS } from './registry.ts';

interface Case {
  readonly name: string;
  readonly kind: keyof typeof PROVIDERS;
  readonly before: JsonObject;
  readonly after: JsonObject;
  readonly choice: Partial<ChosenWrite>;
  /** What the destination holds afterwards; what was wanted when left out. */
  readonly held?: JsonObject;
}

const CASES: readonly Case[] = [
  {
    name: 'equal fields need no write',
    kind: 'dataset',
    before: { name: 'Golden' },
    after: { name: 'Golden' },
    choice: { method: 'none', fields: [], cannotClear: [], immutable: [] },
  },
  {
    name: 'a field that is new or different is patched',
    kind: 'dataset',
    before: { name: 'Golden', description: 'Old' },
    after: { name: 'Golden', description: 'New', tags: ['core'] },
    choice: { method: 'PATCH', fields: ['description', 'tags'] },
  },
  {
    name: 'a field that disappears cannot be cleared where there is only PATCH',
    kind: 'dataset',
    before: { name: 'Golden', description: 'Old' },
    after: { name: 'Golden' },
    choice: { method: 'none', cannotClear: ['description'] },
    held: { name: 'Golden', description: 'Old' },
  },
  {
    name: 'a nested key that disappears stays behind, beside what changes',
    kind: 'dataset',
    before: { metadata: { a: 1, b: { c: 2, d: null } } },
    after: { metadata: { a: 9, b: {} } },
    choice: { method: 'PATCH', fields: ['metadata'], cannotClear: ['metadata.b.c', 'metadata.b.d'] },
    held: { metadata: { a: 9, b: { c: 2, d: null } } },
  },
  {
    name: 'a shorter array is replaced, so nothing of it stays behind',
    kind: 'dataset',
    before: { metadata: { list: [1, { a: 1 }] } },
    after: { metadata: { list: [1] } },
    choice: { method: 'PATCH', fields: ['metadata'], cannotClear: [] },
  },
  {
    name: 'a list that disappears is replaced by an empty one, which is as good',
    kind: 'dataset',
    before: { name: 'Golden', tags: ['core'] },
    after: { name: 'Golden' },
    choice: { method: 'PATCH', fields: ['tags'], cannotClear: [] },
  },
  {
    name: 'but a list that disappears from user data stays behind',
    kind: 'dataset',
    before: { metadata: { list: [1], a: 1 } },
    after: { metadata: { a: 2 } },
    choice: { method: 'PATCH', fields: ['metadata'], cannotClear: ['metadata.list'] },
    held: { metadata: { list: [1], a: 2 } },
  },
  {
    name: 'a nested list that disappears, with a key that moves',
    kind: 'prompt',
    before: { slug: 'a', prompt_data: { tool_functions: [{ name: 'x' }], options: { model: 'm' } } },
    after: { slug: 'b', prompt_data: { options: { model: 'm' } } },
    choice: { method: 'PATCH', fields: ['prompt_data', 'slug'], cannotClear: [] },
  },
  {
    name: 'user data with keys that every object inherits',
    kind: 'dataset',
    before: parseJson('{"metadata":{"constructor":1,"__proto__":{"a":1}}}') as JsonObject,
    after: parseJson('{"metadata":{"toString":2}}') as JsonObject,
    choice: { method: 'PATCH', fields: ['metadata'], cannotClear: ['metadata.__proto__', 'metadata.constructor'] },
    held: parseJson('{"metadata":{"constructor":1,"__proto__":{"a":1},"toString":2}}') as JsonObject,
  },
  {
    name: 'user data that looks like a marker is user data',
    kind: 'dataset',
    before: { metadata: { $ref: '#/a', $id: 'x' } },
    after: { metadata: { $ref: '#/b' } },
    choice: { method: 'PATCH', fields: ['metadata'], cannotClear: ['metadata.$id'] },
    held: { metadata: { $ref: '#/b', $id: 'x' } },
  },
  {
    name: 'a marker is one value, whatever its shape',
    kind: 'experiment',
    before: { dataset_id: { $missing: 'dataset:1' } },
    after: { dataset_id: { $ref: 'dataset.P.Golden' } },
    choice: { method: 'PATCH', fields: ['dataset_id'], cannotClear: [] },
  },
  {
    name: 'PUT where it exists clears',
    kind: 'prompt',
    before: { slug: 'a', prompt_data: { options: { model: 'x', position: '1' } } },
    after: { slug: 'a', prompt_data: { options: { model: 'x' } } },
    choice: { method: 'PUT', fields: ['prompt_data'], cannotClear: [] },
  },
  {
    name: 'PUT finds by the key, so a new key and a removal do not go together',
    kind: 'prompt',
    before: { slug: 'a', description: 'Old' },
    after: { slug: 'b' },
    choice: { method: 'PATCH', fields: ['slug'], cannotClear: ['description'] },
    held: { slug: 'b', description: 'Old' },
  },
  {
    name: 'a field that only PUT takes',
    kind: 'function',
    before: { slug: 'a', function_type: 'tool' },
    after: { slug: 'a', function_type: 'scorer' },
    choice: { method: 'PUT', fields: ['function_type'] },
  },
  {
    name: 'a field that nothing can change',
    kind: 'function',
    before: { slug: 'a', name: 'A' },
    after: { slug: 'b', name: 'B' },
    choice: { method: 'PATCH', fields: ['name'], immutable: ['slug'] },
    held: { slug: 'a', name: 'B' },
  },
  {
    name: 'a kind without PATCH and PUT',
    kind: 'acl',
    before: { permission: 'read' },
    after: { permission: 'update' },
    choice: { method: 'none', immutable: ['permission'] },
    held: { permission: 'read' },
  },
  {
    name: 'a field that PATCH replaces whole loses keys',
    kind: 'project',
    before: { settings: { a: 1, b: 2 } },
    after: { settings: { a: 1 } },
    choice: { method: 'PATCH', fields: ['settings'], cannotClear: [] },
  },
  {
    name: 'but it does not disappear',
    kind: 'project',
    before: { settings: { a: 1 } },
    after: {},
    choice: { method: 'none', cannotClear: ['settings'] },
    held: { settings: { a: 1 } },
  },
  {
    name: 'a set changes by what is added and removed, to nothing too',
    kind: 'role',
    before: { name: 'R', member_roles: [{ $ref: 'role.A' }] },
    after: { name: 'R' },
    choice: { method: 'PATCH', fields: ['member_roles'], cannotClear: [] },
  },
  {
    name: 'null clears where the API says so',
    kind: 'environment',
    before: { slug: 'prod', description: 'Old' },
    after: { slug: 'prod' },
    choice: { method: 'PATCH', fields: ['description'], cannotClear: [] },
  },
];

test.each(CASES)('$name', ({ kind, before, after, choice, held }) => {
  const chosen = chooseWrite(PROVIDERS[kind], before, after);
  expect(chosen).toMatchObject(choice);
  const fields = { held: before, before, wanted: after, after };
  const then = comparable(PROVIDERS[kind], fieldsAfterWrite(PROVIDERS[kind], fields, chosen));
  expect(then).toEqual(held ?? after);
});

describe('after the write', () => {
  test.each(CASES)('there is nothing more that could be written: $name', ({ kind, before, after }) => {
    const definition = PROVIDERS[kind];
    const fields = { held: before, before, wanted: after, after };
    const then = comparable(definition, fieldsAfterWrite(definition, fields, chooseWrite(definition, before, after)));
    const again = chooseWrite(definition, then, after);
    // What a new key kept PUT from doing is done by the next run.
    if (again.method !== 'PUT') expect(again.method).toBe('none');
  });
});

test('metadata nested deeper than the call stack', () => {
  const nested = (leaf: string) =>
    parseJson(`{"metadata":${'{"a":'.repeat(50_000)}${leaf}${'}'.repeat(50_000)}}`) as JsonObject;
  const [before, after] = [nested('{"b":1,"c":1}'), nested('{"b":2}')];
  const choice = chooseWrite(PROVIDERS.dataset, before, after);
  expect([choice.method, choice.cannotClear.length]).toEqual(['PATCH', 1]);
  const then = fieldsAfterWrite(PROVIDERS.dataset, { held: before, before, wanted: after, after }, choice);
  expect(chooseWrite(PROVIDERS.dataset, then, after).method).toBe('none');
});
