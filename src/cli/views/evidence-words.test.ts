import { expect, test } from 'vitest';
import { plannedAction, planOf } from '../../../test/support/plan-fixture.ts';
import type { Json } from '../../domain/json.ts';
import type { PlannedAction, Reason } from '../../domain/plan.ts';
import { redactPlan } from './redact-plan.ts';
import { renderMarkdown } from './render-markdown.ts';
import { renderPlan } from './render-plan.ts';

const ADDRESS = 'project."Support bot"';
const OWN = 'prompt."Support bot".own';

function blocked(reason: Reason, evidence: Readonly<Record<string, Json>>): PlannedAction {
  const changes = Object.entries(evidence).map(([path, before]) => ({ path, before }));
  return plannedAction({ op: 'blocked', address: ADDRESS, reason, changes });
}

test.each<[string, PlannedAction, string]>([
  [
    'the one object that keeps it',
    blocked('still_referenced', { referenced_by: OWN }),
    `${OWN} stays and refers to it or lives in it: delete or change that one first, if it may go`,
  ],
  [
    'several, and how many more',
    blocked('still_referenced', { referenced_by: [OWN, 'dataset.A.B'], referenced_by_count: 1202 }),
    `${OWN}, dataset.A.B and 1,200 more stay and refer to it or live in it: delete or change them first, if they may go`,
  ],
  [
    'a row of others',
    blocked('rows_not_ours', { rows_not_ours: 1 }),
    '1 of its rows is not as this state wrote it, or was written by somebody else: look at it in the destination',
  ],
  [
    'rows of others',
    blocked('rows_not_ours', { rows_not_ours: 3000 }),
    '3,000 of its rows are not as this state wrote them, or were written by somebody else: look at them in the destination',
  ],
  [
    'a list that may hide who refers to it',
    blocked('list_failed', { unlisted: 'view' }),
    'nobody could list objects of kind view, and one of them may refer to it: make the list readable, and plan again',
  ],
  [
    'how many deletions are needed and allowed',
    blocked('delete_limit', { deletions_needed: 57, deletions_allowed: 10 }),
    'this plan would need 57 deletions, each row counted, and policy.max_deletes allows 10',
  ],
  [
    'who has its name',
    blocked('rename_collision', { held_by: OWN }),
    `${OWN} has the name: rename or delete that one first, or choose another name`,
  ],
])('a blocked action tells %s in a sentence, without content too', (_what, action, sentence) => {
  const plan = planOf([action]);
  for (const shown of [plan, redactPlan(plan)]) {
    const texts = [renderPlan(shown, { color: false }), renderMarkdown(shown, 65_000)];
    for (const text of texts) {
      expect(text).toContain(sentence);
      expect(text).not.toContain('only in the destination');
      expect(text).not.toMatch(/referenced_by|rows_not_ours:|unlisted|deletions_|held_by/);
    }
  }
});

test('a name from outside stays text, and a field of the same name a field', () => {
  const named = renderPlan(planOf([blocked('still_referenced', { referenced_by: 'prompt.A."\u001b[31m"' })]), {
    color: false,
  });
  expect(named).toContain('\\u001b[31m');
  const field = renderPlan(planOf([blocked('conflict', { held_by: 'Ann' })]), { color: false });
  expect(field).toContain('held_by: only in the destination: "Ann"');
});
