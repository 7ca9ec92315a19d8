import { expect, test } from 'vitest';
import { plannedAction, planOf } from '../../../test/support/plan-fixture.ts';
import { redactPlan } from './redact-plan.ts';
import { renderMarkdown } from './render-markdown.ts';
import { renderPlan } from './render-plan.ts';

const ids = Array.from({ length: 14 }, (_, n) => `row-${n}`);
const plan = planOf([
  plannedAction({
    op: 'delete',
    address: 'logs."Support bot"',
    reason: 'removed_from_source',
    before: { rows: 14, ids },
  }),
  plannedAction({
    op: 'blocked',
    address: 'dataset_rows."Support bot".Tickets',
    reason: 'protected',
    before: { rows: 1, ids: ['ticket-7\u001b[2J'] },
  }),
]);

test('text and Markdown say how many rows go and name the first of them', () => {
  for (const text of [renderPlan(plan, { color: false }), renderMarkdown(plan, 65_000)]) {
    expect(text).toContain('Rows to delete: 14 rows, from 1 container.');
    expect(text).toContain('14 rows that the source no longer has: row-0, row-1, row-2');
    expect(text).toContain('row-9 and 4 more, see show --format json');
    expect(text).toContain('1 row that the source no longer has: ticket-7');
    expect(text).not.toContain('\u001b[2J');
  }
});

test('a copy without content says how many, not which', () => {
  const redacted = redactPlan(plan);
  expect(JSON.stringify(redacted)).not.toMatch(/row-\d|ticket-7/);
  const text = renderPlan(redacted, { color: false });
  expect(text).toContain('14 rows that the source no longer has\n');
  expect(text).toContain('Rows to delete: 14 rows, from 1 container.');
});
