import { expect, test } from 'vitest';
import { differingSlices, fittingSlices } from './differing-slices.ts';

const HOUR = 3_600_000;

/** A row every second for a day; the destination has some more. */
function sides(surplus: readonly number[]) {
  const source = Array.from({ length: 86_400 }, (_, second) => second * 1000);
  const within = (times: readonly number[], after: string | null, before: string | null): number =>
    times.filter(
      (time) => (after === null || time >= Date.parse(after)) && (before === null || time < Date.parse(before)),
    ).length;
  let counts = 0;
  const count = async ({
    createdAfter: after,
    createdBefore: before,
  }: Record<'createdAfter' | 'createdBefore', string | null>) => {
    counts += 1;
    const there = within(source, after, before);
    return { source: there, destination: there + within(surplus, after, before) };
  };
  return { count, counts: () => counts, rows: source.length };
}

function search(surplus: readonly number[], open = true) {
  const { count, counts, rows } = sides(surplus);
  const bounds = open ? { createdAfter: null, createdBefore: null } : BOUNDS;
  const whole = { ...bounds, source: rows, destination: rows + surplus.length, from: 0, to: 24 * HOUR };
  return { slices: differingSlices(whole, count), counts };
}

const BOUNDS = { createdAfter: '1970-01-01T00:00:00.000Z', createdBefore: '1970-01-02T00:00:00.000Z' };

test('equal numbers are nowhere different, and nothing is counted', async () => {
  const { slices, counts } = search([]);
  expect(await slices).toEqual([]);
  expect(counts()).toBe(0);
});

test('two rows are narrowed down to few rows around each, in order of time', async () => {
  const surplus = [3 * HOUR + 1, 20 * HOUR + 1];
  const { slices, counts } = search(surplus);
  const found = await slices;
  expect(found).toHaveLength(2);
  for (const [n, { createdAfter, createdBefore, source, destination }] of found.entries()) {
    expect(Date.parse(createdAfter ?? '')).toBeLessThanOrEqual(surplus[n] as number);
    expect(Date.parse(createdBefore ?? '')).toBeGreaterThan(surplus[n] as number);
    expect(destination - source).toBe(1);
    expect(source).toBeLessThanOrEqual(2_000);
  }
  expect(counts()).toBeLessThan(15);
});

test('the first and the last slice reach as far as the window, or are open', async () => {
  const [first] = await search([0]).slices;
  expect(first?.createdAfter).toBeNull();
  const [last] = await search([24 * HOUR - 1]).slices;
  expect(last?.createdBefore).toBeNull();
  const [bounded] = await search([24 * HOUR - 1], false).slices;
  expect(bounded?.createdBefore).toBe(BOUNDS.createdBefore);
});

test('slices that fit leave no time out, although numbers are equal in it', async () => {
  const { count, counts, rows } = sides([]);
  const whole = { createdAfter: null, createdBefore: null, source: rows, destination: rows, from: 0, to: 24 * HOUR };
  const slices = await fittingSlices(whole, count, 30_000);
  expect(slices.map(({ source }) => source)).toEqual([21_600, 21_600, 21_600, 21_600]);
  expect(slices.map(({ createdAfter }) => createdAfter)).toEqual([
    null,
    ...slices.slice(0, -1).map(({ createdBefore }) => createdBefore),
  ]);
  expect(slices.at(-1)?.createdBefore).toBeNull();
  expect(counts()).toBe(3);
  expect(await fittingSlices({ ...whole, destination: 0 }, count, 30_000)).toEqual([]);
});
