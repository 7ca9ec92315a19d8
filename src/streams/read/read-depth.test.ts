import { expect, test } from 'vitest';
import { ReadDepth } from './read-depth.ts';

function depthAfter(reads: readonly number[], uses: readonly number[]): number {
  const depth = new ReadDepth(32);
  for (const ms of reads) depth.read(ms);
  for (const ms of uses) depth.used(ms);
  return depth.pages;
}

test('one page ahead is enough where pages come fast', () => {
  expect(depthAfter([8, 12], [1])).toBe(1);
});

test('twice as many pages are read at once as are used up while one comes', () => {
  expect(depthAfter([100], [10])).toBe(20);
  expect(depthAfter([100], [3])).toBe(32);
  expect(depthAfter([100], [400])).toBe(1);
});

test('a slow page among fast ones is our own waiting, and a slower server is found out', () => {
  expect(depthAfter([50, 400, 50], [10])).toBe(10);
  expect(depthAfter([50, ...Array<number>(20).fill(100)], [10])).toBe(20);
});

test('a consumer that takes several pages and then writes for a while has one pace', () => {
  const bursts = Array.from({ length: 24 }, (_, n) => (n % 6 === 5 ? 240 : 0));
  expect(depthAfter([100], bursts)).toBeLessThanOrEqual(8);
});
