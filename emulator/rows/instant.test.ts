import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { instantOf, parseInstant } from './instant.ts';

const quoted = (text: string): number => {
  const bytes = Buffer.from(`x"${text}"`);
  return instantOf(bytes, 1, bytes.length);
};

describe('timestamps in rows', () => {
  test('the printed form of any time is read back, digit by digit or through the parser', () => {
    const date = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(date, (time) => {
        expect(quoted(time.toISOString())).toBe(time.getTime());
        expect(parseInstant(time.toISOString())).toBe(time.getTime());
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['2026-07-03T08:30:00+01:00', '2026-07-03T07:30:00.000Z'],
    ['2026-07-03T08:30:00-0230', '2026-07-03T11:00:00.000Z'],
    ['2026-07-03 08:30:00', '2026-07-03T08:30:00.000Z'],
    ['2026-07-03T08:30Z', '2026-07-03T08:30:00.000Z'],
    ['2026-07-03', '2026-07-03T00:00:00.000Z'],
    ['2025-10-30T14:13:32.366999+00:00', '2025-10-30T14:13:32.366Z'],
    ['2024-02-29T12:00:00.000Z', '2024-02-29T12:00:00.000Z'],
  ])('%s is %s', (text, wanted) => {
    expect(new Date(quoted(text)).toISOString()).toBe(wanted);
  });

  test('what is finer than a millisecond stays a fraction for comparisons', () => {
    expect(parseInstant('1970-01-01T00:00:00.001250Z')).toBeCloseTo(1.25, 6);
  });

  test.each([
    'yesterday',
    '2026-13-01T00:00:00.000Z',
    '2026-02-30T00:00:00.000Z',
    '2026-02-30',
    '2025-02-29T00:00:00.000Z',
    '2026-01-00T00:00:00.000Z',
    '2026-01-01T24:30:00.000Z',
    '2026-01-01T00:60:00.000Z',
    '2026-01-01T00:00:0x.000Z',
    '1735689600',
    '',
  ])('%s is none', (text) => {
    expect(quoted(text)).toBeNaN();
  });
});
