import { expect, test } from 'vitest';
import { RowColumns } from './row-columns.ts';
import { RowOrder } from './row-order.ts';

test('a container whose only rows came out of order and were taken back takes the next one', () => {
  const columns = new RowColumns();
  const order = new RowOrder(columns);
  const row = (key: number): number => {
    const slot = columns.append();
    columns.keyHigh[slot] = key;
    return slot;
  };
  order.append(row(2));
  order.append(row(1));
  order.pop();
  order.pop();
  order.sort();
  const next = row(3);
  order.append(next);
  expect([order.length, order.slots[0]]).toEqual([1, next]);
});
