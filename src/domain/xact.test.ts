import { describe, expect, test } from 'vitest';
import { compareXacts, isXact, LOWEST_XACT, xactBefore, xactOfKey, xactSeconds } from './xact.ts';

describe('a transaction id', () => {
  // Recorded: the first is the golden vector of fact sheet 4.2, the second was read 115 s later at 21:05:02.
  test.each([
    ['1000196129554423269', '2025-11-12T14:55:11Z'],
    ['1000196963360799976', '2026-04-08T21:03:07Z'],
  ])('%s tells the second %s', (xact, instant) => {
    expect(new Date((xactSeconds(xact) ?? 0) * 1000).toISOString()).toBe(instant.replace('Z', '.000Z'));
  });

  test.each(['', '12', 'p07571852588646465536', '9999999999999999999', '01000196129554423269', '1000196129554423269 '])(
    'is not %j',
    (text) => {
      expect([isXact(text), xactSeconds(text)]).toEqual([false, undefined]);
    },
  );

  test('before a second is the last one of the second before, and nothing lies between', () => {
    const second = xactSeconds('1000196129554423269') ?? 0;
    const before = xactBefore(second + 0.9);
    expect(xactSeconds(before)).toBe(second - 1);
    expect(xactSeconds((BigInt(before) + 1n).toString())).toBe(second);
  });

  test('is never lower than the lowest', () => {
    expect([xactBefore(-5), xactBefore(0)]).toEqual([LOWEST_XACT, LOWEST_XACT]);
    expect(compareXacts(LOWEST_XACT, '1000196129554423269')).toBeLessThan(0);
    expect(isXact(LOWEST_XACT)).toBe(true);
  });

  // The first is the golden vector of fact sheet 4.2, the second the key of another row of that transaction.
  test.each([
    ['p07571852588646465536', '1000196129554423269'],
    ['p07571852588646465541', '1000196129554423269'],
    ['p00000000000000000000', LOWEST_XACT],
    ['p18446744073709551616', undefined],
    ['p7571852588646465536', undefined],
    ['', undefined],
  ])('is told by the key %j of a row that it inserted', (key, xact) => {
    expect(xactOfKey(key)).toBe(xact);
  });

  test('is compared as a number, whatever its length', () => {
    expect(compareXacts('999', '1000')).toBeLessThan(0);
    expect(compareXacts('1000196129554423270', '1000196129554423269')).toBeGreaterThan(0);
    expect(compareXacts('1000196129554423269', '1000196129554423269')).toBe(0);
  });
});
