/*
 * Every fault that passes, at every kind of request that one full migration makes; what is seen is the first table in
 * docs/reliability.md. All kinds of requests meet the fault in one migration, once each.
 *
 *   npm run faults:full   gives every kind of request a migration of its own (hours)
 *   npm run docs:faults   does the same and writes the tables
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BtMigrateError } from '../../src/domain/errors.ts';
import { type FaultKind, PASSING } from './fault-kinds.ts';
import { FaultStage, type Trial } from './fault-stage.ts';
import { FaultRow, FaultTable, isFull, PATIENCE } from './fault-table.ts';
import type { RequestClass } from './request-class.ts';
import { blindRepeats, keysSentElsewhere, mostSent } from './sent-requests.ts';

let stage: FaultStage;
const rows: FaultRow[] = [];

beforeAll(async () => {
  stage = await FaultStage.open();
}, PATIENCE);
afterAll(() => stage.close());

test.each(PASSING)(
  '$name, once at every request, changes nothing of what arrives',
  async (fault) => {
    const row = new FaultRow(fault);
    if (fault.plans !== false) {
      for (const requests of together(stage.planned, fault)) {
        const plan = await disturbed(requests, fault).plan(fault.stallMs);
        expect(plan instanceof BtMigrateError ? plan.message : plan.digest, named(requests)).toBe(stage.plan.digest);
        expectHits(requests);
        row.tried('plan', requests);
        row.sent(mostSent(stage));
      }
    }
    for (const requests of together([...stage.admitted, ...stage.carriedOut], fault)) {
      const trial = disturbed(requests, fault);
      const first = await trial.apply(stage.plan, fault.stallMs);
      row.ended(first);
      if (first.exit !== 0) row.resumed((await trial.apply(stage.plan, fault.stallMs)).exit);
      expectHits(requests);
      row.tried('apply', requests);
      row.sent(mostSent(stage));
      expect(blindRepeats(stage), named(requests)).toEqual([]);
      expect(await stage.troubles(trial), `${named(requests)}: ${first.details}`).toEqual([]);
    }
    expect(keysSentElsewhere(stage)).toEqual([]);
    rows.push(row);
  },
  PATIENCE,
);

test('the table in docs/reliability.md says what was seen', () => {
  expect(new FaultTable('passes').disagreements(rows)).toEqual([]);
});

/** Groups of requests that are disturbed in one migration. */
function together(all: readonly RequestClass[], { at, alone }: FaultKind): (readonly RequestClass[])[] {
  const affected = all.filter((one) => at?.(one) ?? true);
  const rest = affected.filter((one) => alone?.(one) !== true);
  const single = isFull ? affected : affected.filter((one) => alone?.(one) === true);
  return [...(rest.length === 0 ? [] : [rest]), ...single.map((one) => [one])];
}

function disturbed(requests: readonly RequestClass[], { action, visibility }: FaultKind): Trial {
  const trial = stage.trial();
  stage.emulator.setVisibility(visibility ?? {});
  trial.break(requests, { times: 1, action: action(stage) });
  return trial;
}

function expectHits(requests: readonly RequestClass[]): void {
  const missed = requests.filter(({ name }) => stage.emulator.faults.hits(name) !== 1);
  expect(missed.map(({ name }) => name)).toEqual([]);
}

function named(requests: readonly RequestClass[]): string {
  return requests.length === 1 ? (requests[0]?.name ?? '') : `${requests.length} kinds of requests`;
}
