import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, compareText, equalJson, type Json, JsonNumber, prettyJson, stringifyJson } from './json.ts';
import { parseJson } from './parse-json.ts';

const anyJson = fc.jsonValue({ noUnicodeString: false }).map((value) => parseJson(JSON.stringify(value)));

describe('JSON text', () => {
  test('is what JSON.stringify writes, compact and pretty', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        // Minus zero and the like have no spelling of their own in JSON.stringify.
        const plain = JSON.parse(JSON.stringify(value)) as Json;
        expect(stringifyJson(plain)).toBe(JSON.stringify(plain));
        expect(prettyJson(plain)).toBe(`${JSON.stringify(sorted(plain), null, 2)}\n`);
      }),
      { numRuns: 500 },
    );
  });

  test('survives a round trip through every form', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        for (const text of [stringifyJson(value), canonicalJson(value), prettyJson(value)]) {
          expect(canonicalJson(parseJson(text))).toBe(canonicalJson(value));
        }
      }),
    );
  });

  test('in canonical form does not depend on the order of keys', () => {
    const one = parseJson('{"model":"gpt-4o","params":{"top_p":1.0,"temperature":0}}');
    const other = parseJson('{"params":{"temperature":0,"top_p":1.0},"model":"gpt-4o"}');
    expect(canonicalJson(one)).toBe('{"model":"gpt-4o","params":{"temperature":0,"top_p":1.0}}');
    expect(equalJson(one, other)).toBe(true);
    expect(stringifyJson(one)).not.toBe(stringifyJson(other));
  });

  test('in pretty form has one member a line and a newline at the end', () => {
    expect(prettyJson({ b: [1, new JsonNumber('2.0')], a: {}, c: [], d: { e: null } })).toBe(
      '{\n  "a": {},\n  "b": [\n    1,\n    2.0\n  ],\n  "c": [],\n  "d": {\n    "e": null\n  }\n}\n',
    );
  });

  test('leaves out members without a value', () => {
    const object = { name: 'triage', description: undefined } as unknown as Json;
    expect(stringifyJson(object)).toBe('{"name":"triage"}');
  });

  test('is written and compared ten thousand levels deep', () => {
    const text = `${'[{"a":'.repeat(10_000)}1.0${'}]'.repeat(10_000)}`;
    const [one, other] = [parseJson(text), parseJson(text)];
    expect(equalJson(one, other)).toBe(true);
    expect(canonicalJson(one)).toBe(text);
    const lines = prettyJson(one).split('\n');
    expect(lines.slice(0, 3)).toEqual(['[', '  {', '    "a": [']);
    expect(lines.length).toBeLessThan(200);
    expect(canonicalJson(parseJson(prettyJson(one)))).toBe(text);
  });
});

describe('equalJson', () => {
  test('tells a missing value from null', () => {
    expect(equalJson(undefined, undefined)).toBe(true);
    expect(equalJson(undefined, null)).toBe(false);
    expect(equalJson(null, null)).toBe(true);
  });

  test('tells numbers apart that JavaScript would round to one', () => {
    expect(equalJson(parseJson('9007199254740993'), parseJson('9007199254740992'))).toBe(false);
    expect(equalJson(parseJson('[9007199254740993]'), parseJson('[9007199254740993]'))).toBe(true);
  });
});

test('compareText orders by code unit, whatever the locale', () => {
  expect(['ä', 'b', 'Z', 'a'].sort(compareText)).toEqual(['Z', 'a', 'b', 'ä']);
  expect(compareText('a', 'a')).toBe(0);
});

function sorted(value: Json): unknown {
  if (Array.isArray(value)) return (value as readonly Json[]).map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as Record<string, Json>).sort(([a], [b]) => compareText(a, b));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
