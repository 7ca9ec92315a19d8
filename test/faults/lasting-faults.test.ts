/*
 * Faults that last until somebody mends them; what is seen is the second table in docs/reliability.md. Each needs a
 * migration for each kind of request, so every fault meets every ninth of them, and every kind of request one fault;
 * `npm run faults:full` tries them all.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BtMigrateError } from '../../src/domain/errors.ts';
import { type Plan, writes } from '../../src/domain/plan.ts';
import { LASTING, type LastingFault } from './fault-kinds.ts';
import { type Ending, FaultStage, type Trial } from './fault-stage.ts';
import { FaultRow, FaultTable, isFull, PATIENCE } from './fault-table.ts';
import type { RequestClass } from './request-class.ts';
import { blindRepeats, keysSentElsewhere, mostSent } from './sent-requests.ts';

let stage: FaultStage;
const rows: FaultRow[] = [];

beforeAll(async () => {
  stage = await FaultStage.open();
}, PATIENCE);
afterAll(() => stage.close());

test.each(LASTING)(
  '$name ends with an error, loses nothing, and the same command goes on',
  async (fault) => {
    const row = new FaultRow(fault);
    const reading = stage.trial();
    for (const request of share(stage.planned, fault)) {
      const plan = await withFault(reading, request, fault, () => reading.plan(fault.stallMs));
      row.tried('plan', [request]);
      row.sent(mostSent(stage));
      if (plan instanceof BtMigrateError) row.ended(checked(failureOf(plan), fault));
      else expectNoSurprise(plan, request);
      expect(reading.writesSent(), request.name).toEqual([]);
    }
    const admission = stage.trial();
    for (const request of share(stage.admitted, fault)) {
      const ending = await withFault(admission, request, fault, () => admission.apply(stage.plan, fault.stallMs));
      row.tried('apply', [request]);
      row.sent(mostSent(stage));
      row.ended(checked(ending, fault));
      expect(ending.exit, request.name).not.toBe(0);
      expect(admission.writesSent(), request.name).toEqual([]);
    }
    row.resumed((await admission.apply(stage.plan)).exit);
    expect(await stage.troubles(admission)).toEqual([]);
    for (const request of share(stage.carriedOut, fault)) {
      const trial = stage.trial();
      const ending = await withFault(trial, request, fault, () => trial.apply(stage.plan, fault.stallMs));
      row.tried('apply', [request]);
      row.sent(mostSent(stage));
      row.ended(checked(ending, fault));
      expect(blindRepeats(stage), request.name).toEqual([]);
      if (ending.exit !== 0) row.resumed((await trial.apply(stage.plan)).exit);
      expect(await stage.troubles(trial), `${request.name}: ${ending.details}`).toEqual([]);
    }
    expect(keysSentElsewhere(stage)).toEqual([]);
    rows.push(row);
  },
  PATIENCE,
);

test('the table in docs/reliability.md says what was seen', () => {
  expect(new FaultTable('lasts').disagreements(rows)).toEqual([]);
});

/** The requests that a fault is tried at. */
function share(requests: readonly RequestClass[], fault: LastingFault): readonly RequestClass[] {
  const turn = LASTING.indexOf(fault);
  const mine = isFull ? requests : requests.filter((_one, index) => index % LASTING.length === turn);
  return mine.filter((one) => fault.at?.(one) ?? true);
}

async function withFault<Result>(
  trial: Trial,
  request: RequestClass,
  { action }: LastingFault,
  run: () => Promise<Result>,
): Promise<Result> {
  stage.emulator.requests.clear();
  const [rule = ''] = trial.break([request], { action: action(stage) });
  const result = await run();
  expect(stage.emulator.faults.hits(rule), request.name).toBeGreaterThan(0);
  stage.emulator.faults.clear();
  return result;
}

/** A list that could not be read blocks what it could hold: nothing is planned that would not be planned with it. */
function expectNoSurprise(plan: Plan, request: RequestClass): void {
  const wanted = new Set(stage.plan.actions.filter(({ op }) => writes(op)).map(({ id }) => id));
  const surprises = plan.actions.filter(({ op, id }) => writes(op) && !wanted.has(id)).map(({ id }) => id);
  expect(surprises, request.name).toEqual([]);
  const ops = plan.actions.map(({ op }) => op);
  if (request.method === 'GET') expect(ops, request.name).toContain('blocked');
}

function checked(ending: Ending, { says }: LastingFault): Ending {
  if (says !== undefined) expect(ending.details).toContain(says);
  return ending;
}

function failureOf({ exitCode, code, detail }: BtMigrateError): Ending {
  return { exit: exitCode, codes: [code], details: detail };
}
