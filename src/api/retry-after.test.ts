import { expect, test } from 'vitest';
import { parseRetryAfter } from './retry-after.ts';

const NOW = Date.UTC(2026, 0, 1);

test.each([
  ['2', 2000],
  ['0', 0],
  ['0.0004', 1],
  ['.5', 500],
  [' 1.5 ', 1500],
  ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
  ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
  ['soon', undefined],
  ['-1', undefined],
  ['1e9', undefined],
  ['2026', 2_026_000],
  ['', undefined],
  [undefined, undefined],
])('Retry-After %j is a wait of %j ms', (header, ms) => {
  expect(parseRetryAfter(header, NOW)).toBe(ms);
});
