import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isArray, isObject, type Json, JsonNumber, stringifyJson } from './json.ts';
import { parseJson } from './parse-json.ts';

const RUNS = { numRuns: 500 };
const DEEP = 10_000;

/** Spellings that JavaScript changes, found by trying: the oracle is the language itself. */
const numberLiteral = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(fc.constant('0'), fc.stringMatching(/^[1-9][0-9]{0,24}$/)),
    fc.oneof(fc.constant(''), fc.stringMatching(/^\.[0-9]{1,24}$/), fc.stringMatching(/^\.0{0,9}[0-9]{1,3}$/)),
    fc.oneof({ weight: 3, arbitrary: fc.constant('') }, fc.stringMatching(/^[eE][+-]?[0-9]{1,3}$/)),
  )
  .map((parts) => parts.join(''));

const space = fc.stringMatching(/^[ \t\n\r]{0,2}$/);

describe('parseJson', () => {
  test('reads what JSON.parse reads, for any document without unusual numbers', () => {
    fc.assert(
      fc.property(fc.json({ noUnicodeString: false }), (text) => {
        expect(withoutLiterals(parseJson(text))).toEqual(JSON.parse(text));
      }),
      RUNS,
    );
  });

  test('keeps the spelling of every number, wherever it stands', () => {
    fc.assert(
      fc.property(numberLiteral, space, space, (literal, before, behind) => {
        const spaced = `${before}${literal}${behind}`;
        expect(stringifyJson(parseJson(spaced))).toBe(literal);
        expect(stringifyJson(parseJson(`[${spaced},${spaced}]`))).toBe(`[${literal},${literal}]`);
        expect(stringifyJson(parseJson(`{"a":${spaced},"b":[{"c":${spaced}}]}`))).toBe(
          `{"a":${literal},"b":[{"c":${literal}}]}`,
        );
      }),
      { numRuns: 2000 },
    );
  });

  test('a number that JavaScript spells alike is an ordinary number', () => {
    fc.assert(
      fc.property(numberLiteral, (literal) => {
        const value = parseJson(literal);
        const plain = JSON.stringify(Number(literal)) === literal;
        expect(value).toEqual(plain ? Number(literal) : new JsonNumber(literal));
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    '9007199254740993',
    '1e400',
    '-0',
    '1.0',
    '0.0000001',
    '123456789.1234567891',
    '1E5',
    '-0.0',
    '100000000000000000000000',
  ])('keeps %s as written', (literal) => {
    expect(parseJson(literal)).toEqual(new JsonNumber(literal));
    expect(parseJson(`{"n": ${literal} }`)).toEqual({ n: new JsonNumber(literal) });
  });

  test.each(['[{"__proto__":{"admin":true}}]', '[{"__proto__":{"admin":true}},1.0]'])(
    '__proto__ is only a key in %s',
    (text) => {
      const parsed = parseJson(text);
      const object = (isArray(parsed) ? parsed[0] : undefined) as Readonly<Record<string, Json>>;
      expect(Object.keys(object)).toEqual(['__proto__']);
      expect('admin' in object).toBe(false);
      expect(stringifyJson(parsed)).toBe(text);
    },
  );

  test.each(['1', '1.0'])('reads %s below ten thousand arrays and objects', (number) => {
    const text = `${'[{"a":'.repeat(DEEP)}${number}${'}]'.repeat(DEEP)}`;
    expect(stringifyJson(parseJson(text))).toBe(text);
  });

  test('escapes, empty containers and repeated keys read as JSON.parse reads them', () => {
    const text = ' { "a\\"\\u0041\\ud800" : [ [ ] , { } , "\\\\" ] , "twice" : 1.0 , "twice" : "\\n" } ';
    expect(withoutLiterals(parseJson(text))).toEqual(JSON.parse(text));
  });

  test.each(['', '{', '[1,]', '{"a":1.0,}', '<html>', '01', '1.', 'NaN', '﻿{}'])('refuses %j', (text) => {
    expect(() => parseJson(text)).toThrowError(expect.objectContaining({ code: 'BTM_RESPONSE_UNREADABLE' }));
  });
});

/** The same value with numbers as JavaScript has them and ordinary prototypes. */
function withoutLiterals(value: Json): unknown {
  if (value instanceof JsonNumber) return Number(value.literal);
  if (isArray(value)) return value.map(withoutLiterals);
  if (!isObject(value)) return value;
  const copy = {};
  for (const [key, item] of Object.entries(value)) {
    Object.defineProperty(copy, key, {
      value: withoutLiterals(item),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return copy;
}
