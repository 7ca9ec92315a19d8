import { expect, test } from 'vitest';
import { plannedAction, planOf } from '../../../test/support/plan-fixture.ts';
import type { Plan } from '../../domain/plan.ts';
import { renderMarkdown } from './render-markdown.ts';
import { renderPlan } from './render-plan.ts';

const plan: Plan = {
  ...planOf([
    plannedAction({
      op: 'delete',
      address: 'function."Support bot".escalate',
      reason: 'destroy_edited',
      before: { name: 'Escalate', slug: 'escalate', description: 'Calls a person' },
    }),
    plannedAction({
      op: 'delete',
      address: 'dataset.Archive.Old',
      reason: 'destroy',
      before: { name: 'Old' },
      takes_along: { rows: 1204 },
    }),
    plannedAction({
      op: 'delete',
      address: 'project.Archive',
      reason: 'destroy',
      depends_on: ['delete:dataset.Archive.Old'],
      before: { name: 'Archive' },
      takes_along: { rows: 0, unseen: ['playground', 'custom_column'] },
    }),
    plannedAction({ op: 'delete', address: 'role.Reviewer', reason: 'already_gone' }),
    plannedAction({
      op: 'blocked',
      address: 'dataset."Support bot".Golden',
      reason: 'rows_not_ours',
      changes: [{ path: 'rows_not_ours', before: 3 }],
    }),
    plannedAction({
      op: 'blocked',
      address: 'project."Support bot"',
      reason: 'still_referenced',
      changes: [{ path: 'referenced_by', before: ['dataset."Support bot".Golden', 'prompt."Support bot".own'] }],
    }),
    plannedAction({ op: 'skip', address: 'group.Annotators', reason: 'kept_adopted' }),
    plannedAction({ op: 'skip', address: 'prompt.Payments.refund', reason: 'not_selected' }),
  ]),
  mode: 'destroy',
};

test('a plan to destroy reads like this', async () => {
  await expect(renderPlan(plan, { color: false })).toMatchFileSnapshot('../../../test/golden/destroy.txt');
});

test('a comment names what is deleted in full, with what goes along', () => {
  const text = renderMarkdown(plan, 65_000);
  expect(text).toContain('## Destroy plan: deletes in');
  expect(text.indexOf('### Blocked')).toBeLessThan(text.indexOf('### Deleted'));
  expect(text).toContain('its 1,204 rows will be deleted with it');
  expect(text).toContain('Calls a person');
  expect(text).toContain('playground, custom_column');
});
