import type { RowContainer } from '../rows/row-container.ts';

/** Of slots in key order those with the lowest and the highest key, transaction and `created`. */
export function extremes({ columns }: RowContainer, slots: readonly number[]): Set<number> {
  const hasKey = (slot: number): boolean => Number.isFinite(columns.keyHigh[slot]);
  const found = [slots.find(hasKey), slots.findLast(hasKey)];
  for (const column of [columns.xact, columns.created]) {
    let [low] = slots;
    let [high] = slots;
    for (const slot of slots) {
      if ((column[slot] as number) < (column[low ?? slot] as number)) low = slot;
      if ((column[slot] as number) > (column[high ?? slot] as number)) high = slot;
    }
    found.push(low, high);
  }
  return new Set(found.filter((slot) => slot !== undefined));
}
