import { describe, expect, test } from 'vitest';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { formatPaginationKey, paginationPosition, parsePaginationKey } from './pagination-key.ts';
import { parseVersion, prettyVersion } from './pretty-version.ts';
import { firstXactOfSecond, parseXact, XactSequence, xactSeconds } from './xact.ts';

/** Recorded together (fact sheet 4.2, 11.4). */
const XACT = 1_000_196_129_554_423_269n;

describe('transaction ids', () => {
  test('a recorded id decodes to the second of its answer', () => {
    expect(new Date(xactSeconds(XACT) * 1000).toISOString()).toBe('2025-11-12T14:55:11.000Z');
    expect(firstXactOfSecond(1_762_959_311) <= XACT).toBe(true);
    expect(firstXactOfSecond(1_762_959_312) > XACT).toBe(true);
  });

  test('text that is no transaction id is refused', () => {
    expect(parseXact('1000196129554423269')).toBe(XACT);
    for (const text of ['', '12', '-1', '1000196129554423269x', '9999999999999999999999'])
      expect(parseXact(text)).toBeNull();
  });

  test('ids grow within a second, over a full second, and when the clock goes back', () => {
    let now = 1_762_959_311_000;
    const sequence = new XactSequence(() => now);
    const first = sequence.next();
    expect(first).toBe(firstXactOfSecond(1_762_959_311));
    expect(sequence.next()).toBe(first + 1n);
    now -= 60_000;
    expect(sequence.next()).toBe(first + 2n);
    for (let count = 0; count < 70_000; count++) sequence.next();
    expect(xactSeconds(sequence.last)).toBe(1_762_959_312);
  });
});

describe('pretty versions', () => {
  test('the recorded pair translates in both directions', () => {
    expect(prettyVersion(1_000_192_656_880_881_099n)).toBe('81cd05ee665fdfb3');
    expect(parseVersion('81cd05ee665fdfb3')).toBe(1_000_192_656_880_881_099n);
  });

  test('decimal text is taken as it is, anything else is refused', () => {
    expect(parseVersion('1000196129554423269')).toBe(XACT);
    for (const text of ['', 'newest', '81cd05ee665fdfb', '42']) expect(parseVersion(text)).toBeNull();
  });
});

describe('pagination keys and cursors', () => {
  test('the recorded row has this key and this cursor', () => {
    const position = paginationPosition(XACT, 0);
    expect(formatPaginationKey(position)).toBe('p07571852588646465536');
    expect(encodeCursor(position)).toBe('aRSfz93lAAA');
    expect(decodeCursor('aRSfz93lAAA')).toBe(position);
  });

  test('keys are in order of insertion as text', () => {
    const keys = [paginationPosition(XACT, 0), paginationPosition(XACT, 1), paginationPosition(XACT + 1n, 0)].map(
      formatPaginationKey,
    );
    expect([...keys].sort()).toEqual(keys);
    expect(keys.map(parsePaginationKey)).toEqual([7571852588646465536n, 7571852588646465537n, 7571852588646531072n]);
  });

  test('what nobody can have written is refused', () => {
    for (const text of ['', 'aRSfz93lAA', 'not a cursor', 'aRSfz93lAAAA']) expect(decodeCursor(text)).toBeNull();
    for (const text of ['', 'p1', '07571852588646465536', 'p0757185258864646553x'])
      expect(parsePaginationKey(text)).toBeNull();
  });
});
