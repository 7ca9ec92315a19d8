import fc from 'fast-check';
import { expect, test } from 'vitest';
import { acmePlan } from '../../../test/support/acme-plan.ts';
import { hostilePlan } from '../../../test/support/hostile-text.ts';
import { plannedAction, planOf } from '../../../test/support/plan-fixture.ts';
import { redactPlan } from './redact-plan.ts';
import { renderPlan } from './render-plan.ts';

const plain = { color: false };

test('a plan with one of everything reads like this', async () => {
  await expect(renderPlan(acmePlan, plain)).toMatchFileSnapshot('../../../test/golden/plan.txt');
});

test('older versions are announced, and their content is left out like that of the newest', () => {
  const plan = planOf([
    plannedAction({
      op: 'create',
      address: 'prompt.P.triage',
      reason: 'missing_in_destination',
      history: [{ version: '1000198092385353728', after: { description: 'Old words' } }],
      after: { description: 'New words' },
    }),
  ]);
  expect(renderPlan(plan, plain)).toContain('1 older version that something pins will be written first');
  expect(JSON.stringify(plan)).toMatch(/Old words.*New words|New words.*Old words/);
  expect(JSON.stringify(redactPlan(plan))).not.toMatch(/words/);
});

test('a plan without content still shows paths, sizes, references and commands', async () => {
  await expect(renderPlan(redactPlan(acmePlan), plain)).toMatchFileSnapshot('../../../test/golden/plan-redacted.txt');
});

test('colour only adds escapes: without them the text is the same', () => {
  const colored = renderPlan(acmePlan, { color: true });
  expect(colored).toContain('\u001b[32m + create ');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape is what is looked for.
  expect(colored.replace(/\u001b\[\d+m/g, '')).toBe(renderPlan(acmePlan, plain));
});

test('an empty plan and a plan in sync say "No changes."', () => {
  expect(renderPlan(planOf([]), plain)).toContain('\nNo changes.\n');
  const inSync = planOf([plannedAction({ op: 'skip', address: 'project.Acme', reason: 'in_sync' })]);
  expect(renderPlan(inSync, plain)).toContain('\nNo changes. 1 in sync.\n');
  expect(renderPlan(inSync, plain)).toContain(`\nDigest: ${inSync.digest}\n`);
});

test('skipped objects are counted, and listed only on request', () => {
  expect(renderPlan(acmePlan, plain)).not.toContain('prompt."Support bot".greeting');
  expect(renderPlan(acmePlan, { color: false, showSkips: true })).toContain(
    '= skip    prompt."Support bot".greeting: in sync',
  );
});

test('what is created by a second write is told apart from what the first one made', () => {
  const address = 'function."Support bot".escalate';
  const prompt_data = { options: { model: 'gpt-5' }, template_format: 'mustache' };
  const tool = { $ref: 'prompt."Support bot".triage' };
  const text = renderPlan(
    planOf([
      plannedAction({ op: 'create', address, reason: 'missing_in_destination', after: { prompt_data } }),
      plannedAction({
        op: 'link',
        address,
        reason: 'reference_cycle',
        after: { prompt_data: { ...prompt_data, tool_functions: [{ id: tool, type: 'function' }] } },
      }),
    ]),
    plain,
  );
  const [, second = ''] = text.split('-> link');
  expect(second).toContain(
    'prompt_data.tool_functions: set to [{ id: prompt."Support bot".triage, type: "function" }]',
  );
  expect(second).not.toContain('mustache');
});

test('a difference of something blocked is a fact, not something that will happen', () => {
  const text = renderPlan(
    planOf([
      plannedAction({
        op: 'blocked',
        address: 'function."Support bot".tone',
        reason: 'code_bundle_not_migratable',
        changes: [{ path: 'function_data.data.type', after: 'bundle' }],
      }),
    ]),
    plain,
  );
  expect(text).toContain('function_data.data.type: only in the source: "bundle"');
  expect(text).not.toContain('set to');
});

test('a long value of a new object is cut, and says how much is hidden', () => {
  const content = Array.from({ length: 40 }, (_, line) => `Rule ${line}`).join('\n');
  const metadata = Object.fromEntries(Array.from({ length: 30 }, (_, key) => [`key${key}`, 'x'.repeat(70)]));
  const text = renderPlan(
    planOf([
      plannedAction({
        op: 'create',
        address: 'prompt."Support bot".long',
        reason: 'missing_in_destination',
        after: { prompt_data: { prompt: { content } }, metadata },
      }),
    ]),
    plain,
  );
  expect(text).toContain('prompt_data.prompt.content: 40 lines\n');
  expect(text).toContain('+ Rule 5\n');
  expect(text).not.toContain('Rule 6');
  expect(text).toContain('… 34 more lines, see show --format json');
  expect(text).toContain('… 23 more fields, see show --format json');
});

test('a project name never becomes part of the command that is shown to be pasted', () => {
  const nasty = planOf([
    plannedAction({
      op: 'blocked',
      address: 'function."$(reboot) it\'s".scorer',
      reason: 'code_bundle_not_migratable',
    }),
  ]);
  expect(renderPlan(nasty, plain)).toContain(`bt functions push --project '$(reboot) it'\\''s'\n`);
});

test('nothing from outside reaches the terminal raw or starts a line', () => {
  fc.assert(
    fc.property(hostilePlan, fc.boolean(), (plan, redacted) => {
      const text = renderPlan(redacted ? redactPlan(plan) : plan, { color: false, showSkips: true });
      expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Cs}|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      expect(text).not.toMatch(/^## Approved/m);
    }),
    { numRuns: 200 },
  );
});

test('100,000 actions are rendered in linear time', () => {
  const actions = (count: number) =>
    Array.from({ length: count }, (_, index) => {
      const address = `prompt.project-${index % 500}.prompt-${index}`;
      return index % 2 === 0
        ? plannedAction({ op: 'create', address, reason: 'missing_in_destination', after: { name: address } })
        : plannedAction({
            op: 'update',
            address,
            reason: 'source_changed',
            changes: [{ path: 'prompt_data.prompt.content', before: 'Hello\nAcme', after: `Hello\nAcme ${index}` }],
          });
    });
  const cost = (count: number) => {
    const plan = planOf(actions(count));
    const start = performance.now();
    expect(renderPlan(plan, plain)).toContain(`${(count / 2).toLocaleString('en')} to create`);
    return performance.now() - start;
  };
  cost(1_000);
  const small = cost(10_000);
  expect(cost(100_000)).toBeLessThan(Math.max(small, 100) * 40);
});

test('content that looks redacted already is redacted as well', () => {
  const after = { name: 'own', metadata: { $redacted: 'words' }, list: [{ $redacted: 'words' }] };
  const plan = planOf([
    plannedAction({ op: 'create', address: 'prompt.P.own', reason: 'missing_in_destination', after }),
  ]);
  expect(JSON.stringify(redactPlan(plan).actions)).not.toMatch(/words/);
});
