import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FaultRule } from '../../emulator/faults/fault-rule.ts';
import { BtMigrateError } from '../../src/domain/errors.ts';
import { RowCopy } from '../support/row-copy.ts';

/** A fault that a request of either side may meet, none of which is allowed to cost or move a row. */
const fault = fc.record({
  path: fc.constantFrom('/btql', '/logs3', '/logs3/overflow', '/object-store/*'),
  after: fc.nat(6),
  times: fc.integer({ min: 1, max: 2 }),
  action: fc.constantFrom<FaultRule['action']>(
    { type: 'reset', when: 'after' },
    { type: 'reset', when: 'before' },
    { type: 'status', status: 503 },
    { type: 'status', status: 429, retryAfter: 0.001 },
    { type: 'truncate', bytes: 40 },
  ),
});

const world = fc.record({
  transactions: fc.array(
    fc.record({ rows: fc.integer({ min: 1, max: 400 }), size: fc.constantFrom(0, 50, 700, 4000) }),
    { minLength: 1, maxLength: 6 },
  ),
  faults: fc.array(fault, { maxLength: 3 }),
  bad: fc.array(fc.nat(400), { maxLength: 3 }),
  windowMb: fc.constantFrom(1, 3, 8),
  staged: fc.boolean(),
  /** Acknowledgements after which the lane is told to stop, run after run. */
  stops: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
});

let acme: RowCopy;
beforeAll(async () => {
  // A small limit makes many batches of few rows.
  acme = await RowCopy.start({ switches: { logs3PayloadMaxBytes: 256 * 1024 } });
});
afterAll(() => acme.close());

test('random rows, limits, faults and interruptions: the destination has the rows of the source, in order, each once', async () => {
  let number = 0;
  await fc.assert(
    fc.asyncProperty(world, async ({ transactions, faults, bad, windowMb, staged, stops }) => {
      const logs = await acme.logs(`Support bot ${number++}`);
      let written = 0;
      for (const { rows, size } of transactions) {
        const texts = Array.from({ length: rows }, () => {
          const n = written++;
          return `"id":"r-${n}","input":"${bad.includes(n) ? 'poison' : 'x'.repeat(size)}"`;
        });
        for (let at = 0; at < texts.length; at += 25) await acme.write('source', logs, texts.slice(at, at + 25));
      }
      acme.emulator.faults.clear();
      acme.emulator.faults.add(
        {
          match: { path: '/logs3', org: 'Acme Prod', bodyIncludes: 'poison' },
          action: { type: 'status', status: 400, body: 'poison' },
        },
        ...faults.map(({ path, after, times, action }) => ({ match: { path }, after, times, action })),
      );
      const route = staged && bad.length === 0 ? { route: 'staged' as const } : {};
      for (let run = 0; ; run++) {
        const stop = new AbortController();
        let left = stops[run];
        try {
          await acme.copy([logs], {
            ...route,
            windowMb,
            signal: stop.signal,
            onAcknowledged: () => {
              if (left !== undefined && --left === 0) stop.abort(new BtMigrateError('BTM_INTERRUPTED', { detail: '' }));
            },
          });
          break;
        } catch (error) {
          expect(error).toMatchObject({ code: 'BTM_INTERRUPTED' });
        }
      }
      acme.emulator.faults.clear();
      const isBad = (id: unknown): boolean => bad.some((n) => id === `r-${n}`);
      const source = (await acme.rows('source', logs)).filter(({ id }) => !isBad(id));
      const copy = await acme.rows('destination', logs);
      expect(copy.map(({ id, input }) => [id, input])).toEqual(source.map(({ id, input }) => [id, input]));
      const items = await acme.store.streams.quarantine();
      const own = items.filter(({ container }) => container === logs.source).map(({ rowId }) => rowId);
      const poisoned = [...new Set(bad)].filter((n) => n < written).map((n) => `r-${n}`);
      expect(new Set(own)).toEqual(new Set(poisoned));
    }),
    { numRuns: 25, seed: 20261124 },
  );
}, 240_000);
