import { defineCommand } from '../define-command.ts';
import { usageError } from '../usage-error.ts';

/** What GitHub accepts in a comment, less what a bot may put around it. */
const COMMENT_CHARACTERS = 65_000;
const FEWEST_CHARACTERS = 1_000;

export const compare = defineCommand({
  name: 'compare',
  summary: 'Compare two organizations as they are, without a state; writes nothing',
  options: {
    'only-differences': { type: 'flag', summary: 'Leave out what is equal' },
    format: { type: 'text', choices: ['text', 'markdown'], summary: 'What to write; text by default' },
    'max-chars': {
      type: 'number',
      value: 'N',
      summary: `Longest markdown, cut between objects; ${COMMENT_CHARACTERS} by default`,
    },
  },
  examples: [
    { command: 'bt-migrate compare', does: 'Say what is equal and what is not; exits with 2 when anything differs' },
    { command: 'bt-migrate compare --only-differences --format markdown > differences.md', does: 'Keep a page of it' },
  ],
  handler: async (context, values) => {
    const maxChars = values['max-chars'] ?? COMMENT_CHARACTERS;
    if (maxChars < FEWEST_CHARACTERS) throw usageError(`--max-chars must be ${FEWEST_CHARACTERS} or more.`);
    const { withWorkspace } = await import('../compose.ts');
    const { compareOrgs } = await import('../../planner/compare-orgs.ts');
    const { gatherInputs } = await import('../../planner/gather-inputs.ts');
    const { noState } = await import('../../state/missing-store.ts');
    const { dayOf } = await import('../plan-in-workspace.ts');
    const { comparisonResult } = await import('../comparison-result.ts');
    return withWorkspace(context, async ({ spec, openReaders }) => {
      const inputs = await gatherInputs({
        spec,
        ...openReaders(),
        store: noState(),
        asOf: dayOf(undefined, context.io.now()),
        report: context.report,
        rows: 'ignored',
      });
      return comparisonResult(compareOrgs(inputs), inputs, {
        format: values.format ?? 'text',
        onlyDifferences: values['only-differences'],
        color: context.color,
        maxChars,
      });
    });
  },
});
