import { expect, test } from 'vitest';
import { acmePlan } from '../../../test/support/acme-plan.ts';
import { type PlannedAction, records, writes } from '../../domain/plan.ts';
import type { ActionResult, RunSummary } from '../../domain/run-summary.ts';
import { renderRunSummary } from './render-run-summary.ts';

const plain = { color: false, resumeCommand: 'bt-migrate apply plan.out' };

/** What a run reports about an action that went well. */
function resultOf(action: PlannedAction): ActionResult {
  const { id, op, address, reason } = action;
  const base = { id, op, address, reason };
  if (op === 'blocked') return { ...base, status: 'blocked', accepted: action.accepted !== undefined };
  if (records(action)) return { ...base, status: 'recorded' };
  return { ...base, status: writes(op) ? 'done' : 'unchanged' };
}

function runOf(actions: readonly ActionResult[], parts: Partial<RunSummary> = {}): RunSummary {
  const count = (status: string, op?: string) =>
    actions.filter((action) => action.status === status && (op === undefined || action.op === op)).length;
  return {
    run_id: '2026-03-02-4f1d',
    plan_digest: acmePlan.digest,
    already_applied: false,
    resumed: false,
    summary: {
      created: count('done', 'create'),
      updated: count('done', 'update'),
      linked: count('done', 'link'),
      deleted: count('done', 'delete'),
      adopted: count('recorded'),
      skipped: count('unchanged') + count('already_done'),
      blocked: count('blocked'),
      failed: count('failed'),
      quarantined: 0,
      rows: 1_200,
      bytes: 5_600_000,
    },
    actions,
    streams: [{ address: 'dataset_rows."Support bot".golden', rows: 1_200, bytes: 5_600_000, quarantined: 2 }],
    requests: { source: 41, destination: 1_017 },
    duration_ms: 83_000,
    ...parts,
  };
}

const fine = acmePlan.actions.map(resultOf);
const failedPrompt = fine.map((result): ActionResult => {
  if (result.id === 'update:prompt."Support bot".triage') {
    const error = {
      code: 'BTM_REQUEST_REJECTED',
      summary: 'The server rejected a request',
      detail: 'PATCH /v1/prompt answered 400: "model" is unknown\u001b[31m.\nNothing was changed.',
      hint: 'Add the model to the destination organization, then apply again.',
    };
    return { ...result, status: 'failed', error };
  }
  if (result.id === 'link:project."Support bot"') {
    return { ...result, status: 'not_attempted', because_of: 'update:prompt."Support bot".triage' };
  }
  return result;
});

test('a run that went well says what it did', async () => {
  await expect(renderRunSummary(runOf(fine), plain)).toMatchFileSnapshot('../../../test/golden/run.txt');
});

test('a run with a failure says what failed, what it held up and how to go on', async () => {
  await expect(renderRunSummary(runOf(failedPrompt), plain)).toMatchFileSnapshot('../../../test/golden/run-failed.txt');
});

test('what waited for something that waited for a failure stands under that failure, and nothing is said to have ended', () => {
  const chained = failedPrompt.map((result): ActionResult => {
    if (result.op !== 'create') return result;
    return { ...result, status: 'not_attempted', because_of: 'link:project."Support bot"' };
  });
  const text = renderRunSummary(runOf(chained, { streams: [] }), plain);
  expect(text).not.toContain('ended early');
  const [, held = ''] = text.split('not attempted because of it:\n');
  expect(held.split('\nBlocked')[0]).toContain('       create project."Support bot"\n');
});

test('a run names what it changed, and some of each kind that it created', () => {
  const created = Array.from({ length: 7 }, (_, index): ActionResult => {
    const address = `prompt.Acme.p${index}`;
    return { id: `create:${address}`, op: 'create', address, reason: 'missing_in_destination', status: 'done' };
  });
  const deleted = Array.from({ length: 21 }, (_, index): ActionResult => {
    const address = `project_tag.Acme.t${index}`;
    return { id: `delete:${address}`, op: 'delete', address, reason: 'removed_from_source', status: 'done' };
  });
  const text = renderRunSummary(runOf([...created, ...deleted], { streams: [] }), plain);
  expect(text).toContain('Created (7)\n + 7 prompt\n     prompt.Acme.p0\n');
  expect(text).toContain('     prompt.Acme.p4\n     and 2 more\n\n');
  expect(text).toContain('Deleted (21)\n - project_tag.Acme.t0\n');
  expect(text).toContain(' - project_tag.Acme.t19\n   and 1 more\n\n');
});

test('an interrupted run says what it did not come to', () => {
  const left = Array.from({ length: 12 }, (_, index): ActionResult => {
    const address = `prompt.Acme.p${index}`;
    return {
      id: `create:${address}`,
      op: 'create',
      address,
      reason: 'missing_in_destination',
      status: 'not_attempted',
    };
  });
  const ended_by = { code: 'BTM_INTERRUPTED', summary: 'Interrupted', detail: 'The run was interrupted.' };
  const text = renderRunSummary(runOf(left, { ended_by, streams: [] }), plain);
  expect(text).toContain('BTM_INTERRUPTED: Interrupted');
  expect(text).toContain('       create prompt.Acme.p9\n       and 2 more\n');
  expect(text).toContain('The run ended early\n');
  expect(text).toContain('Nothing was applied: 12 not attempted.');
  expect(text).toContain('To go on: bt-migrate apply plan.out\n');
});

test('a plan that was applied before, and a plan with nothing to do, say so', () => {
  expect(renderRunSummary(runOf(fine, { already_applied: true }), plain)).toContain(
    'Already applied by run 2026-03-02-4f1d, except what is blocked or quarantined. Nothing was written.',
  );
  const settled = fine.filter(({ status }) => status !== 'blocked');
  const again = renderRunSummary(runOf(settled, { already_applied: true }), plain);
  expect(again).toContain('Already applied by run 2026-03-02-4f1d. Nothing was written.');
  // The time is that of looking it up, not that of the run.
  expect(again).not.toContain('took');
  const nothing = renderRunSummary(runOf([], { run_id: null, streams: [] }), plain);
  expect(nothing).toContain('Applied: there was nothing to do.');
  expect(nothing).not.toContain('To go on');
});

test('a resumed run keeps apart what an earlier run did', () => {
  const resumed = fine.map(
    (result): ActionResult => (result.op === 'create' ? { ...result, status: 'already_done' } : result),
  );
  expect(renderRunSummary(runOf(resumed, { resumed: true }), plain)).toContain('8 done by an earlier run, 3 skipped,');
});

test('a run that left rows behind is partly applied, says what else became of rows, and how to see what is missing', () => {
  const run = runOf(fine);
  const text = renderRunSummary(
    {
      ...run,
      summary: { ...run.summary, quarantined: 2 },
      streams: [
        { address: 'logs."Support bot"', rows: 20_000, bytes: 41_000_000, quarantined: 0, kept: 3 },
        { address: 'dataset_rows."Support bot".golden', rows: 1_200, bytes: 5_600_000, quarantined: 2 },
      ],
      row_notes: { lost: { audit_data: 21_200 }, unresolved: { prompt: 1, user: 4 }, dropped_pins: 1, spilled: 2 },
    },
    plain,
  );
  expect(text).toContain(
    [
      'Rows',
      ' » logs."Support bot": 20,000 rows, 41.0 MB, 3 left as edited in the destination',
      ' » dataset_rows."Support bot".golden: 1,200 rows, 5.6 MB, 2 quarantined',
      '   Stayed behind, because no API takes it: audit_data of 21,200 rows',
      '   References that keep their source ids, because the destination has no such object: 1 to prompt, 4 to user. A later plan mends them once it has',
      '   1 version that rows refer to dropped: versions have other numbers there',
      '   2 rows too large for the platform: the largest fields became attachments',
      '   What is missing: bt-migrate quarantine list. To send it again: bt-migrate quarantine retry',
      '',
    ].join('\n'),
  );
  expect(text).toContain('Partly applied: ');
});

test('of many streams those with trouble are named first, and the rest is summed up', () => {
  const streams = Array.from({ length: 25 }, (_, index) => ({
    address: `experiment_rows.Acme.e${index}`,
    rows: 100,
    bytes: 1000,
    quarantined: index === 24 ? 1 : 0,
  }));
  const text = renderRunSummary(runOf(fine, { streams }), plain);
  expect(text).toContain('experiment_rows.Acme.e24: 100 rows, 1.0 kB, 1 quarantined');
  expect(text).toContain('   and 5 streams more; together 1,200 rows, 5.6 MB');
});
