import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '../domain/json.ts';
import { comparable } from './comparable.ts';
import { diffFields } from './diff-fields.ts';
import { fieldBase, moversSince } from './field-base.ts';
import { PROVIDERS } from './registry.ts';

const { prompt, project_automation: automation } = PROVIDERS;

function movers(base: JsonObject, source: JsonObject, destination: JsonObject): Record<string, string | undefined> {
  const of = moversSince(prompt, fieldBase(prompt, base), { source, destination });
  const changes = diffFields(prompt, comparable(prompt, destination), comparable(prompt, source));
  return Object.fromEntries(changes.map(({ path }) => [path, of(path)]));
}

test('a field that one side changed, added or took away is that side’s doing; one that both changed is both’s', () => {
  const base = { name: 'Triage', tags: ['a', 'b'], metadata: { owner: 'support', 'a.b': [{ c: 1 }] } };
  const source = { name: 'Triage', tags: ['a', 'x'], metadata: { owner: 'sales', 'a.b': [{ c: 2 }], level: 2 } };
  const destination = { name: 'Triage', description: 'New', tags: ['a', 'b'], metadata: { owner: 'legal' } };
  expect(movers(base, source, destination)).toEqual({
    description: 'destination',
    'metadata.a.b': 'both',
    'metadata.level': 'source',
    'metadata.owner': 'both',
    'tags[1]': 'source',
  });
});

test('a value that became an object, and one that stopped being one, are told apart', () => {
  expect(movers({ metadata: { a: { b: 1 } } }, { metadata: { a: 5 } }, { metadata: { a: { b: 1 } } })).toEqual({
    'metadata.a': 'source',
  });
  expect(movers({ metadata: { a: { b: 1, c: 1 } } }, { metadata: { a: 5 } }, { metadata: { a: { b: 1 } } })).toEqual({
    'metadata.a': 'both',
  });
});

test('deeper than the base goes, only what one side changed around it is told', () => {
  const wide = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`k${at}`, at]));
  const base = { description: 'x', metadata: wide };
  const changed = (key: string) => ({ ...base, metadata: { ...wide, [key]: 'new' } });
  expect(movers(base, changed('k1'), base)).toEqual({ 'metadata.k1': 'source' });
  expect(movers(base, changed('k1'), changed('k2'))).toEqual({ 'metadata.k1': undefined, 'metadata.k2': undefined });
});

test('a base holds nothing that could be read, and no more than 256 parts', () => {
  const base = fieldBase(prompt, { name: 'ann@acme.example', metadata: { 'bob@acme.example': 'secret' } });
  expect(base).toMatch(/^2:[\w-]{48}$/);
  const many = { metadata: { list: Array.from({ length: 10_000 }, (_, at) => ({ at })) } };
  expect(fieldBase(prompt, many).length).toBeLessThan(256 * 16 + 4);
});

test('what a reference names is one value', () => {
  const rule = (name: string) => ({ config: { action: { function_id: { $ref: `function.Acme.${name}` } } } });
  const base = fieldBase(automation, rule('a'));
  const of = moversSince(automation, base, { source: rule('b'), destination: rule('a') });
  expect(of('config.action.function_id')).toBe('source');
});

test('over any fields: changing one side is that side’s doing everywhere, changing none is nobody’s', () => {
  // A key with a dot in it may spell the path of another part, and then nothing sure can be said.
  const key = fc.string({ minLength: 1 }).filter((text) => !/[.[]/.test(text));
  const value = fc.letrec((tie) => ({
    any: fc.oneof({ depthSize: 'small' }, fc.string(), fc.integer(), fc.boolean(), fc.array(tie('any')), tie('object')),
    object: fc.dictionary(key, tie('any')),
  }));
  const fields = value.object as fc.Arbitrary<JsonObject>;
  fc.assert(
    fc.property(fields, fields, (base, other) => {
      const wrap = (metadata: JsonObject) => ({ metadata });
      expect(Object.values(movers(wrap(base), wrap(base), wrap(base)))).toEqual([]);
      for (const by of Object.values(movers(wrap(base), wrap(other), wrap(base)))) expect(by).toBe('source');
      for (const by of Object.values(movers(wrap(base), wrap(base), wrap(other)))) expect(by).toBe('destination');
    }),
    // An empty object counts as none, and what is not different is nobody's doing.
    { examples: [[{ ' ': {} }, {}]] },
  );
});
