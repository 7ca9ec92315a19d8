import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RowCopy } from '../support/row-copy.ts';

function rowsNamed(name: string, count: number, size = 0): string[] {
  return Array.from({ length: count }, (_, n) => `"id":"${name}-${n}","input":"${'x'.repeat(size)}"`);
}

describe('a lane', () => {
  let acme: RowCopy;
  beforeEach(async () => {
    acme = await RowCopy.start();
  });
  afterEach(() => acme.close());

  test('copies rows in their order and records how far it got', async () => {
    const logs = await acme.logs();
    for (let n = 0; n < 5; n++) await acme.write('source', logs, rowsNamed(`ticket-${n}`, 700, 2000));
    const { ranges } = await acme.copy([logs]);
    expect(ranges).toMatchObject([{ rows: 3500, quarantined: 0, kept: 0, known: 0 }]);
    expect(await acme.ids('destination', logs)).toEqual(await acme.ids('source', logs));
    const { streams } = await acme.store.snapshot();
    expect(streams).toMatchObject([{ rows: 3500 }]);
  });
});
