import { resolve } from 'node:path';
import type { JsonObject } from '../../domain/json.ts';
import { defineCommand } from '../define-command.ts';
import { usageError } from '../usage-error.ts';

/** What GitHub accepts in a comment, less what a bot may put around it. */
const COMMENT_CHARACTERS = 65_000;

export const show = defineCommand({
  name: 'show',
  summary: 'Render a saved plan; reads nothing but the file',
  options: {
    format: { type: 'text', choices: ['text', 'json', 'markdown'], summary: 'What to write; text by default' },
    'max-chars': {
      type: 'number',
      value: 'N',
      summary: `Longest markdown, cut between blocks; ${COMMENT_CHARACTERS} by default`,
    },
    'show-skips': { type: 'flag', summary: 'Print skipped objects by name, too; as text only' },
    redact: {
      type: 'text',
      choices: ['content'],
      summary: 'Show paths and sizes instead of values',
    },
  },
  arguments: { plan: { summary: 'the plan file, as plan -o wrote it', required: true } },
  examples: [
    { command: 'bt-migrate show plan.out', does: 'Read a plan' },
    { command: 'bt-migrate show plan.out --format markdown > comment.md', does: 'Make a pull request comment of it' },
  ],
  handler: async ({ io, globals, color }, values) => {
    const [{ readPlanFile, serializePlan }, { FEWEST_CHARACTERS, renderMarkdown }, { renderPlan }] = await Promise.all([
      import('../../planner/plan-file.ts'),
      import('../views/render-markdown.ts'),
      import('../views/render-plan.ts'),
    ]);
    const [{ redactPlan }, { outlinePlan, summaryLine }] = await Promise.all([
      import('../views/redact-plan.ts'),
      import('../views/plan-outline.ts'),
    ]);
    const maxChars = values['max-chars'] ?? COMMENT_CHARACTERS;
    if (maxChars < FEWEST_CHARACTERS) {
      throw usageError(`--max-chars must be ${FEWEST_CHARACTERS} or more: the sums and the digest need as much.`);
    }
    if (values['show-skips'] && (values.format ?? 'text') !== 'text') {
      throw usageError(`--show-skips has no effect on --format ${values.format}.`, 'Leave one of them out.');
    }
    const saved = await readPlanFile(resolve(io.cwd, values.plan));
    const plan = values.redact === undefined ? saved : redactPlan(saved);
    const summary = summaryLine(outlinePlan(plan));
    if (globals.json) return { exitCode: 0, summary, document: plan as unknown as JsonObject };
    const render = {
      text: () => renderPlan(plan, { color, showSkips: values['show-skips'] }),
      json: () => serializePlan(plan),
      markdown: () => renderMarkdown(plan, maxChars),
    };
    return { exitCode: 0, summary, text: render[values.format ?? 'text']() };
  },
});
