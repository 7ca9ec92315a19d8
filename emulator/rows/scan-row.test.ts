import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRaw, membersOf } from './raw-object.ts';
import { classifyName, fieldNumber, OTHER } from './row-field.ts';
import { scanEnvelope } from './scan-envelope.ts';
import { JsonSyntaxError } from './scan-json.ts';
import { RowScanner } from './scan-row.ts';

/** Keys that the scanner knows, keys that look like them, and anything. */
const key = fc.oneof(
  fc.constantFrom('id', '_is_merge', '_is_merg', 'ids', 'span_id', 'created', '_xact_id', 'input', 'metadata', ''),
  fc.string({ unit: 'binary' }),
);
const row = fc.dictionary(key, fc.jsonValue({ maxDepth: 4 }), { maxKeys: 12, noNullPrototype: true });
const space = fc.constantFrom('', ' ', '\n', '\t', '\r\n  ');

/** Prints JSON with white space between all tokens, as other programs might. */
function print(value: unknown, gap: string): string {
  if (Array.isArray(value)) return `[${gap}${value.map((item) => print(item, gap)).join(`${gap},${gap}`)}${gap}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([name, item]) => `${JSON.stringify(name)}${gap}:${gap}${print(item, gap)}`,
  );
  return `{${gap}${members.join(`${gap},${gap}`)}${gap}}`;
}

function scanned(bytes: Buffer, scanner: RowScanner): Record<string, unknown> {
  const members = [...membersOf(bytes, scanner)];
  return Object.fromEntries(
    members.map(([name, { value }]) => [Buffer.from(name, 'latin1').toString('utf8'), decodeRaw(value)]),
  );
}

describe('the row scanner', () => {
  test('finds the members that JSON.parse finds, whatever the white space', () => {
    fc.assert(
      fc.property(row, space, (value, gap) => {
        const bytes = Buffer.from(print(value, gap));
        const scanner = new RowScanner();
        expect(scanner.scan(bytes, 0)).toBe(bytes.length);
        expect(scanned(bytes, scanner)).toEqual(JSON.parse(bytes.toString('utf8')));
      }),
    );
  });

  test('finds every row of a request, after rows with other keys too', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 8 }), space, (rows, gap) => {
        const bytes = Buffer.from(`{"api_version":2,${gap}"rows"${gap}:${gap}${print(rows, gap)}${gap}}`);
        const scanner = new RowScanner();
        const found: unknown[] = [];
        const others = scanEnvelope(bytes, 'rows', scanner, () => {
          expect(bytes.toString('utf8', scanner.rowStart, scanner.rowStart + 1)).toBe('{');
          found.push(scanned(bytes, scanner));
        });
        expect(found).toEqual(JSON.parse(JSON.stringify(rows)));
        expect(others).toEqual(new Map([['api_version', '2']]));
      }),
    );
  });

  test('knows its columns by name and nothing else', () => {
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 20 }), (names) => {
        const bytes = Buffer.from(`{${names.map((name) => `${JSON.stringify(name)}:1`).join(',')}}`);
        const scanner = new RowScanner();
        scanner.scan(bytes, 0);
        expect([...scanner.field.subarray(0, scanner.count)]).toEqual(names.map(classifyName));
      }),
    );
  });

  test('knows a column whose name is escaped', () => {
    const bytes = Buffer.from('{"\\u0069d":"a","i\\u0064s":1}');
    const scanner = new RowScanner();
    scanner.scan(bytes, 0);
    expect([...scanner.field.subarray(0, 2)]).toEqual([fieldNumber('id'), OTHER]);
  });

  test('walks long strings that end in backslashes and quotes', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('\\', '"', 'x'.repeat(70), 'é', '{'), { maxLength: 30 }), (parts) => {
        const value = { input: parts.join(''), id: 'after' };
        const bytes = Buffer.from(JSON.stringify(value));
        const scanner = new RowScanner();
        scanner.scan(bytes, 0);
        expect(scanned(bytes, scanner)).toEqual(value);
      }),
    );
  });

  test.each([
    '{"id":"a"',
    '{"id":"a',
    '{"id" "a"}',
    '{"id":}',
    '{"id":nul}',
    '{"id":01}',
    '{"id":.5}',
    '{"id":[1}',
    '{"id":{"a":1]}',
    '{"id":{"a" 1}}',
    '{"id":{"a":1,}}',
    '{"id":{"a":1 "b":2}}',
    '{"id":{a:1}}',
    '{"id":{"a"}}',
    '{"id":[1,]}',
    '{"id":[1 2]}',
    '{"id":[,1]}',
    '{"id":[[1],{"a":[tru]}]}',
    '{"id":[1.]}',
    '{"id":[1e]}',
    '{"id":[-]}',
    '{"id":[01]}',
    '{"id":"a\nb"}',
    '{"id":1 "b":2}',
    '{id:1}',
    '{"id":1,}',
    '[]',
    '',
  ])('refuses %s', (text) => {
    expect(() => new RowScanner().scan(Buffer.from(text), 0)).toThrow(JsonSyntaxError);
  });

  test.each(['{"rows":[{}{}]}', '{"rows":[{}', '{"rows":[{}]', '{"rows":[{}]}x', '{"rows":[1]}', '[]', ''])(
    'refuses the request %s',
    (text) => {
      expect(() => scanEnvelope(Buffer.from(text), 'rows', new RowScanner(), () => undefined)).toThrow(JsonSyntaxError);
    },
  );
});
