import { expect, test } from 'vitest';
import { lendBody, returnBody } from './body-memory.ts';

test('memory of a body is used again when it was given back, and by one body at a time', () => {
  const first = lendBody(3_000_000);
  const second = lendBody(3_000_000);
  expect([first.length, second.buffer === first.buffer]).toEqual([3_000_000, false]);
  returnBody(first);
  returnBody(first);
  const third = lendBody(2_900_000);
  const fourth = lendBody(2_900_000);
  expect([third.length, third.buffer === first.buffer, fourth.buffer === first.buffer]).toEqual([
    2_900_000,
    true,
    false,
  ]);
});

test('a body is not put into memory that is too small or far too large for it', () => {
  const lent = lendBody(50_000_000);
  returnBody(lent);
  expect(lendBody(60_000_000).buffer).not.toBe(lent.buffer);
  expect(lendBody(70_000).buffer).not.toBe(lent.buffer);
  expect(lendBody(49_000_000).buffer).toBe(lent.buffer);
});

test('memory that was not lent stays with its owner', () => {
  const own = Buffer.from(new SharedArrayBuffer(40_000_000));
  returnBody(own);
  expect(lendBody(40_000_000).buffer).not.toBe(own.buffer);
});
