import fc from 'fast-check';
import { expect, test } from 'vitest';
import { acmePlan } from '../../../test/support/acme-plan.ts';
import { hostilePlan, hostileText } from '../../../test/support/hostile-text.ts';
import { plannedAction, planOf } from '../../../test/support/plan-fixture.ts';
import { redactPlan } from './redact-plan.ts';
import { FEWEST_CHARACTERS, renderMarkdown } from './render-markdown.ts';
import { codeSpan } from './render-markdown-code.ts';

const LONGEST_COMMENT = 65_000;

/** The text outside fences and code spans, read as CommonMark reads it; fails when a fence is left open. */
function outsideCode(markdown: string): string {
  const outside: string[] = [];
  let fence: string | undefined;
  for (const line of markdown.split('\n')) {
    const run = /^ *(`{3,})([^`]*)$/.exec(line);
    if (fence === undefined && run !== null) fence = run[1];
    else if (fence === undefined) outside.push(withoutSpans(line));
    else if (run !== null && run[2]?.trim() === '' && (run[1] ?? '').length >= fence.length) fence = undefined;
  }
  expect(fence).toBeUndefined();
  return outside.join('\n');
}

function withoutSpans(line: string): string {
  const runs = [...line.matchAll(/`+/g)];
  let text = '';
  let at = 0;
  for (let index = 0; index < runs.length; index += 1) {
    const open = runs[index];
    const close = runs.findIndex((run, later) => later > index && run[0].length === open?.[0].length);
    if (open === undefined || close < 0) continue;
    text += `${line.slice(at, open.index)}CODE`;
    at = (runs[close]?.index ?? 0) + open[0].length;
    index = close;
  }
  return text + line.slice(at);
}

function expectSafe(markdown: string): void {
  expect(markdown.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Cs}|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
  const [marker = '', ...rest] = outsideCode(markdown).split('\n');
  expect(marker).toMatch(/^<!-- bt-migrate:plan:[A-Za-z0-9-]*:[A-Za-z0-9-]* -->$/);
  expect(marker.slice(4, -3)).not.toContain('--');
  const outside = rest.join('\n');
  expect(outside).not.toContain('@');
  expect(outside).not.toContain('`');
  expect(outside).not.toContain('https:');
  expect(outside).not.toMatch(/^#+ Approved/m);
  const folded = /^<details><summary>create [a-z_]+( \([\d,]+\)|, content left out here)<\/summary>$|^<\/details>$/gm;
  expect(outside.replace(folded, '')).not.toMatch(/[<>]/);
  expect(outside.match(/<details>/g)?.length).toBe(outside.match(/<\/details>/g)?.length);
  for (const line of outside.split('\n').filter((text) => text.includes('|'))) {
    expect(line).toMatch(/^\|[^|]*(\|[^|]*){7}\|$/);
  }
}

test('a plan with one of everything becomes this comment', async () => {
  const markdown = renderMarkdown(acmePlan, LONGEST_COMMENT);
  expectSafe(markdown);
  expect(markdown).not.toContain('Left out');
  await expect(markdown).toMatchFileSnapshot('../../../test/golden/plan.md');
});

test('names cannot break out of a code span', () => {
  expect(codeSpan('a`b')).toBe('``a`b``');
  expect(codeSpan('`')).toBe('`` ` ``');
  expect(codeSpan('a|b @acme <b>\n')).toBe('`a|b @acme <b>\\n`');
  expect(codeSpan('')).toBe('`(empty)`');
  fc.assert(
    fc.property(hostileText, (text) => {
      expect(withoutSpans(`- ${codeSpan(text)}: x`)).toBe('- CODE: x');
    }),
  );
});

test('hostile names and values can neither format, ping, link nor colour anything, at any length', () => {
  fc.assert(
    fc.property(
      hostilePlan,
      fc.integer({ min: FEWEST_CHARACTERS, max: 12_000 }),
      fc.boolean(),
      (plan, maxChars, redacted) => {
        const markdown = renderMarkdown(redacted ? redactPlan(plan) : plan, maxChars);
        expect(markdown.length).toBeLessThanOrEqual(maxChars);
        expectSafe(markdown);
        expect(markdown).toContain(plan.digest);
      },
    ),
    { numRuns: 300 },
  );
});

test('a text that holds fences stays inside the fence of its diff', () => {
  const text = ['Answer like this:', '```', 'order', '```', '````', '</details>'];
  const change = { path: 'content', before: text.join('\n'), after: [...text, '@acme'].join('\n') };
  const action = plannedAction({ op: 'update', address: 'prompt.A.b', reason: 'source_changed', changes: [change] });
  const markdown = renderMarkdown(planOf([action]), LONGEST_COMMENT);
  expect(markdown).toContain('\n    ```\n');
  expectSafe(markdown);
});

function largePlan(creates: number, updates: number, blocked: number) {
  const prompt = (index: number) => `prompt.project-${index % 20}.prompt-${index}`;
  return planOf([
    ...Array.from({ length: creates }, (_, index) =>
      plannedAction({
        op: 'create',
        address: prompt(index),
        reason: 'missing_in_destination',
        after: { prompt_data: { prompt: { content: `Answer kindly.\nName order ${index} first.` } } },
      }),
    ),
    ...Array.from({ length: updates }, (_, index) =>
      plannedAction({
        op: 'update',
        address: prompt(creates + index),
        reason: 'source_changed',
        changes: [{ path: 'prompt_data.prompt.content', before: 'Hello\nAcme', after: `Hello\nAcme ${index}` }],
      }),
    ),
    ...Array.from({ length: blocked }, (_, index) =>
      plannedAction({ op: 'blocked', address: prompt(creates + updates + index), reason: 'conflict' }),
    ),
  ]);
}

test('a plan of 5,000 actions fits, shows what is blocked in full and says exactly what it left out', () => {
  const markdown = renderMarkdown(largePlan(4_000, 900, 100), LONGEST_COMMENT);
  expect(markdown.length).toBeLessThanOrEqual(LONGEST_COMMENT);
  expect(markdown.length).toBeGreaterThan(LONGEST_COMMENT * 0.95);
  expectSafe(markdown);
  expect(
    markdown
      .split('#### `conflict` (100)')[1]
      ?.split('###')[0]
      ?.match(/^- `prompt\./gm),
  ).toHaveLength(100);
  const shown = (title: string, until: string) =>
    markdown
      .split(title)[1]
      ?.split(until)[0]
      ?.match(/^- `prompt\./gm)?.length ?? 0;
  const withDiff = shown('### Updates\n', '\n### ');
  const brief = shown('### Updates whose diff is left out here', '\n<details>');
  const withContent = shown('<details><summary>create prompt (4,000)</summary>', '</details>');
  const named = shown('<details><summary>create prompt, content left out here</summary>', '</details>');
  const foot = markdown.slice(markdown.lastIndexOf('**Left out**'));
  const said = (what: RegExp) => Number((what.exec(foot)?.[1] ?? '0').replace(',', ''));
  expect(withDiff).toBeGreaterThan(100);
  expect(withContent).toBeGreaterThan(20);
  expect(said(/([\d,]+) creates? by name only/)).toBe(named);
  expect(said(/([\d,]+) creates?[,.]/)).toBe(4_000 - withContent - named);
  expect(said(/([\d,]+) updates? without diff/)).toBe(brief);
  expect(said(/([\d,]+) updates?[,.]/)).toBe(900 - withDiff - brief);
});

test('a kind of many objects takes no room from the kinds of few', () => {
  const tags = Array.from({ length: 30 }, (_, index) =>
    plannedAction({
      op: 'create',
      address: `project_tag.project-1.tag-${index}`,
      reason: 'missing_in_destination',
      after: { name: `tag-${index}`, color: '#C92A2A' },
    }),
  );
  const markdown = renderMarkdown(planOf([...largePlan(4_000, 0, 0).actions, ...tags]), LONGEST_COMMENT);
  const folded = markdown.split('<details><summary>create project_tag (30)</summary>')[1]?.split('</details>')[0];
  expect(folded?.match(/color: "#C92A2A"/g)).toHaveLength(30);
  expect(markdown.length).toBeLessThanOrEqual(LONGEST_COMMENT);
  // Kinds stand in the order of the totals all the same.
  expect(markdown.indexOf('create project_tag (30)')).toBeLessThan(markdown.indexOf('create prompt (4,000)'));
});

test('100,000 actions take no longer to cut than their number', () => {
  const start = performance.now();
  const markdown = renderMarkdown(largePlan(80_000, 20_000, 0), LONGEST_COMMENT);
  expect(markdown.length).toBeLessThanOrEqual(LONGEST_COMMENT);
  expect(performance.now() - start).toBeLessThan(20_000);
});

test('an edited plan keeps the marker of the comment it replaces', () => {
  const first = (text: string) => text.split('\n')[0];
  expect(first(renderMarkdown(largePlan(1, 0, 0), LONGEST_COMMENT))).toBe(
    first(renderMarkdown(acmePlan, LONGEST_COMMENT)),
  );
});

test('nothing to do is said in few lines', () => {
  const inSync = planOf([plannedAction({ op: 'skip', address: 'project.Acme', reason: 'in_sync' })]);
  expect(renderMarkdown(inSync, LONGEST_COMMENT)).toContain('**No changes. 1 in sync.**');
  expect(renderMarkdown(planOf([]), LONGEST_COMMENT)).toContain('**No changes.**');
});
