import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RowDigest } from './row-digest.ts';

function digestOf(pieces: readonly string[]): string | null {
  const digest = new RowDigest();
  for (const piece of pieces) digest.add(Buffer.from(`..${piece}.`, 'latin1'), 2, 2 + piece.length);
  return digest.finish();
}

test('does not depend on how rows are handed over, only on their bytes', () => {
  const rows = fc.array(fc.string({ minLength: 1, maxLength: 70, unit: 'binary-ascii' }), {
    minLength: 1,
    maxLength: 9,
  });
  fc.assert(
    fc.property(rows, fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }), (texts, at, cut, change) => {
      const whole = texts.join(',');
      const digest = digestOf(texts);
      expect(digest).toMatch(/^gmac:[0-9a-f]{32}$/);
      expect(digestOf([whole])).toBe(digest);
      const first = cut % texts.length;
      if (first > 0) expect(digestOf([texts.slice(0, first).join(','), ...texts.slice(first)])).toBe(digest);
      const place = at % whole.length;
      const other = String.fromCharCode(whole.charCodeAt(place) ^ change);
      expect(digestOf([whole.slice(0, place) + other + whole.slice(place + 1)])).not.toBe(digest);
      expect(digestOf([`${whole}\0`])).not.toBe(digest);
      expect(digestOf([whole.slice(0, -1)])).not.toBe(digest);
    }),
    { numRuns: 500, seed: 20261201 },
  );
});

test('is the same on every machine and in every version, because states keep it', () => {
  expect(digestOf(['{"id":"a"}', '{"id":"b","input":1.0}'])).toBe('gmac:bae6f9aa8af52847cf3c3665312985b5');
  expect(digestOf([])).toBeNull();
});
