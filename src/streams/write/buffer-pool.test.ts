import { expect, test } from 'vitest';
import { ByteWindow } from '../byte-window.ts';
import { BufferPool } from './buffer-pool.ts';

const MB = 1024 * 1024;

test('a buffer that was given back is taken again for about as many bytes, and for no others', () => {
  const pool = new BufferPool(new ByteWindow(64 * MB));
  const buffer = pool.take(2 * MB);
  pool.give(buffer);
  expect(pool.take(6 * MB)).not.toBe(buffer);
  expect(pool.take(MB)).toBe(buffer);
  expect(pool.take(MB)).not.toBe(buffer);
});

test('rows that are held leave no room for idle buffers, but for a few', () => {
  const window = new ByteWindow(16 * MB);
  const pool = new BufferPool(window);
  const buffers = Array.from({ length: 8 }, () => pool.take(2 * MB));
  window.take(12 * MB);
  for (const buffer of buffers) pool.give(buffer);
  const again = new Set(Array.from({ length: 8 }, () => pool.take(2 * MB)));
  expect(buffers.map((buffer) => again.has(buffer))).toEqual([false, false, false, false, true, true, true, true]);
});

test('an empty window leaves room for as many bytes as it may hold', () => {
  const pool = new BufferPool(new ByteWindow(16 * MB));
  const buffers = Array.from({ length: 9 }, () => pool.take(2 * MB));
  for (const buffer of buffers) pool.give(buffer);
  const again = new Set(Array.from({ length: 9 }, () => pool.take(2 * MB)));
  expect(buffers.filter((buffer) => again.has(buffer))).toHaveLength(8);
});
