// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the spelling of a variable in a spec.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { BtMigrateError } from '../domain/errors.ts';
import { loadSpec } from './load-spec.ts';

const SECTIONS = [
  'version',
  'source',
  'destination',
  'state',
  'projects',
  'resources',
  'streams',
  'users',
  'secrets',
  'overrides',
  'policy',
  'protect',
  'accept',
  'ignore',
  'limits',
];
const KEYS = [
  'url',
  'api_key',
  'org',
  'path',
  'include',
  'exclude',
  'rename',
  'logs',
  'created_after',
  'at',
  'set',
  'map',
];
const FRAGMENTS = [
  '{',
  '}',
  '[',
  ']',
  ': ',
  '- ',
  '\n',
  '  ',
  '&a ',
  '*a',
  '? ',
  '|\n',
  '"',
  "'",
  '#',
  '---\n',
  '!t ',
  '<<',
  '\t',
  '%',
];

/** Loads the text: undefined when accepted, the error when refused; anything else thrown fails the property. */
function outcome(text: string): BtMigrateError | undefined {
  try {
    loadSpec({ path: '/acme/migration.yaml', text, env: {} });
    return undefined;
  } catch (error) {
    if (error instanceof BtMigrateError) return error;
    throw error;
  }
}

describe('a spec of any content', () => {
  test('that is arbitrary text is accepted or refused, never a crash', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const error = outcome(text);
        expect(['BTM_SPEC_INVALID', undefined]).toContain(error?.code);
      }),
    );
  });

  test('that is made of YAML punctuation is accepted or refused, never a crash', () => {
    const piece = fc.oneof(fc.constantFrom(...FRAGMENTS, ...KEYS, ...SECTIONS), fc.string({ maxLength: 5 }));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const error = outcome(pieces.join(''));
        expect(['BTM_SPEC_INVALID', undefined]).toContain(error?.code);
      }),
      { numRuns: 500 },
    );
  });

  test('that has the right sections with anything in them is accepted or refused with a place', () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(fc.constantFrom(...KEYS), fc.jsonValue(), { noNullPrototype: true }),
      fc.constantFrom('${NAME}', '2026-01-01', 'prompt.*.*', ['all']),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...SECTIONS), value, { noNullPrototype: true }), (document) => {
        const error = outcome(stringify(document));
        if (error?.code === 'BTM_SPEC_INVALID') expect(error.detail).toMatch(/^migration\.yaml:\d+:\d+: /);
        else expect(['BTM_SAME_ORG', undefined]).toContain(error?.code);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a spec made to exhaust the reader', () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (const [index, letter] of [...'bcdefghi'].entries()) {
    const above = 'abcdefgh'[index];
    bomb.push(`${letter}: &${letter} [${Array.from({ length: 9 }, () => `*${above}`).join(', ')}]`);
  }

  test.each([
    ['100,000 opened lists', '['.repeat(100_000), 'Nested deeper'],
    ['100,000 lists on one line', `${'- '.repeat(100_000)}x`, 'Nested deeper'],
    ['50,000 opened mappings', '{a: '.repeat(50_000), 'Nested deeper'],
    [
      '1,000 levels of indentation',
      Array.from({ length: 1000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
      'Nested deeper',
    ],
    ['aliases that multiply', bomb.join('\n'), 'aliases of this file'],
    ['an alias of itself', 'a: &a { b: *a }', 'aliases of this file'],
    [
      '100,000 unknown keys',
      Array.from({ length: 100_000 }, (_, i) => `k${i}: 1`).join('\n'),
      'There are more problems',
    ],
    ['100,000 aliases', `a: &a 1\nb: [${'*a,'.repeat(100_000)}]`, 'aliases of this file'],
  ])('%s is refused within seconds', { timeout: 10_000 }, (_what, text, sentence) => {
    const error = outcome(text);
    expect(error?.code).toBe('BTM_SPEC_INVALID');
    expect(error?.detail).toContain(sentence);
    expect(error?.detail.length).toBeLessThan(20_000);
  });
});
