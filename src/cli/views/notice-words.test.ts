import { expect, test } from 'vitest';
import { planOf } from '../../../test/support/plan-fixture.ts';
import type { PlanNotice } from '../../domain/plan.ts';
import { renderMarkdown } from './render-markdown.ts';
import { renderPlan } from './render-plan.ts';

const NOTICES: readonly PlanNotice[] = [
  { code: 'matches_nothing', section: 'protect', entry: 'project.Paymnets', nearest: 'project.Payments' },
  { code: 'matches_nothing', section: 'ignore', entry: 'prompt.*.*', path: 'descripton' },
  { code: 'agreement_expired', section: 'accept', entry: 'function.*.*', expires: '2026-02-28', count: 2 },
  { code: 'agreement_expires_soon', section: 'ignore', entry: 'prompt.*.*', path: 'name', expires: '2026-03-09' },
  { code: 'matches_nothing', section: 'projects.include', entry: '\u001b[31m`red`*' },
];

test('a plan shows its notices in text', () => {
  const text = renderPlan(planOf([], { notices: NOTICES }), { color: false });
  expect(text.slice(text.indexOf('To look at'), text.indexOf('No changes'))).toBe(`To look at in the spec
 protect: project.Paymnets matches nothing that was read. Did you mean project.Payments?
 ignore: prompt.*.*, field descripton matches nothing that was read. Correct it, or remove it.
 accept: function.*.* expired on 2026-02-28: 2 blocked items again. Extend it, or remove it.
 ignore: prompt.*.*, field name expires on 2026-03-09.
 projects.include: \\u001b[31m\`red\`* matches nothing that was read. Correct it, or remove it.

`);
});

test('and in a pull request comment, with names from outside in code spans', () => {
  const markdown = renderMarkdown(planOf([], { notices: NOTICES }), 65_000);
  expect(markdown).toContain('### To look at in the spec\n\n- protect: `project.Paymnets` matches nothing');
  expect(markdown).toContain('Did you mean `project.Payments`?');
  expect(markdown).toContain('- projects.include: ``\\u001b[31m`red`*`` matches');
});

test('a plan without notices has no word of them', () => {
  expect(renderPlan(planOf([]), { color: false })).not.toContain('in the spec');
  expect(renderMarkdown(planOf([]), 65_000)).not.toContain('in the spec');
});
