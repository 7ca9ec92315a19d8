import { describe, expect, test } from 'vitest';
import { HASH_BYTES, HashSet64, hashRow } from './window-hash.ts';

function hashOf(id: string, xact: string, out = Buffer.alloc(HASH_BYTES), at = 0): Buffer {
  const bytes = Buffer.from(`"${id}" "${xact}"`);
  const idEnd = 1 + Buffer.byteLength(id);
  hashRow(bytes, 1, idEnd, idEnd + 3, bytes.length - 1, out, at);
  return out.subarray(at, at + HASH_BYTES);
}

describe('hashes of rows', () => {
  test('are the same wherever the row stands', () => {
    const out = Buffer.alloc(3 * HASH_BYTES);
    hashOf('ticket-7', '1000196263812939782', out, HASH_BYTES);
    expect(out.subarray(HASH_BYTES, 2 * HASH_BYTES)).toEqual(hashOf('ticket-7', '1000196263812939782'));
    expect([...out.subarray(0, HASH_BYTES), ...out.subarray(2 * HASH_BYTES)].every((byte) => byte === 0)).toBe(true);
  });

  test('tell id and transaction apart', () => {
    expect(hashOf('ticket-71', '00')).not.toEqual(hashOf('ticket-7', '100'));
  });

  test('differ for 400,000 rows with much the same ids, as wholes and in both halves', () => {
    const count = 400_000;
    const out = Buffer.alloc(count * HASH_BYTES);
    for (let n = 0; n < count; n++) hashOf(`ticket-${n >> 1}`, `10001962638129397${80 + (n & 1)}`, out, n * HASH_BYTES);
    const wholes = new Set<bigint>();
    const [lows, highs] = [new Set<number>(), new Set<number>()];
    for (let at = 0; at < out.length; at += HASH_BYTES) {
      wholes.add(out.readBigInt64LE(at));
      lows.add(out.readInt32LE(at));
      highs.add(out.readInt32LE(at + 4));
    }
    expect(wholes.size).toBe(count);
    // By chance about 19 of so many 32-bit numbers repeat another one.
    expect(Math.min(lows.size, highs.size)).toBeGreaterThan(count - 60);
  });
});

describe('a set of hashes', () => {
  test('has what was put in and nothing else', () => {
    const rows = (first: number): Buffer =>
      Buffer.concat(Array.from({ length: 5000 }, (_, n) => hashOf(`ticket-${first + n}`, '1000196263812939782')));
    const inside = rows(0);
    const outside = rows(5000);
    const set = new HashSet64(inside);
    for (let at = 0; at < inside.length; at += HASH_BYTES) {
      expect(set.has(inside, at)).toBe(true);
      expect(set.has(outside, at)).toBe(false);
    }
  });

  test('takes zeros for a hash like any other', () => {
    const zeros = Buffer.alloc(HASH_BYTES);
    const half = Buffer.from([0, 0, 0, 0, 1, 0, 0, 0]);
    expect(new HashSet64(half).has(zeros, 0)).toBe(false);
    expect(new HashSet64(Buffer.concat([half, zeros])).has(zeros, 0)).toBe(true);
    expect(new HashSet64(Buffer.alloc(0)).has(zeros, 0)).toBe(false);
    expect(new HashSet64(Buffer.concat([half, half])).has(half, 0)).toBe(true);
  });
});
