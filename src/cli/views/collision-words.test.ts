import { expect, test } from 'vitest';
import { plannedAction, planOf } from '../../../test/support/plan-fixture.ts';
import { redactPlan } from './redact-plan.ts';
import { renderMarkdown } from './render-markdown.ts';
import { renderPlan } from './render-plan.ts';

const occupied = (name: string, ids: readonly string[], looked_at: number, found = ids.length) =>
  plannedAction({
    op: 'blocked',
    address: `dataset_rows."Support bot".${name}`,
    reason: 'destination_not_empty',
    collides: { ids, looked_at, found },
  });
const plan = planOf([
  occupied('Golden', ['ticket-1', 'ticket-2'], 500, 12),
  occupied('Odd', ['odd\u001b[2J'], 1),
  occupied('Other', [], 1),
]);

test('text and Markdown name rows that both sides hold, with how many were looked at', () => {
  for (const text of [renderPlan(plan, { color: false }), renderMarkdown(plan, 65_000)]) {
    expect(text).toContain(
      'rows that both have: ticket-1, ticket-2 and 10 more (12 of 500 rows looked at in the destination)',
    );
    expect(text).toMatch(/rows that both have: odd\\+u001b\[2J \(1 of 1 row looked at in the destination\)/);
    expect(text).toContain('rows that both have: none of 1 row looked at in the destination');
    expect(text).not.toContain('\u001b[2J');
  }
});

test('a copy without content says how many, not which', () => {
  const redacted = redactPlan(plan);
  expect(JSON.stringify(redacted)).not.toMatch(/ticket-\d|odd/);
  expect(renderPlan(redacted, { color: false })).toContain(
    'rows that both have: 12 of 500 rows looked at in the destination\n',
  );
});
