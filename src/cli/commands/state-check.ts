import { defineCommand } from '../define-command.ts';

export const stateCheck = defineCommand({
  name: 'state check',
  summary: 'Check that the state is undamaged and does not contradict itself; writes nothing',
  options: {},
  examples: [{ command: 'bt-migrate state check', does: 'After a crash, or before carrying the state elsewhere' }],
  handler: async (context) => {
    const { BtMigrateError } = await import('../../domain/errors.ts');
    const { checkState } = await import('../../state/check-state.ts');
    const { statePlace } = await import('../state-place.ts');
    const { sanitizeText } = await import('../views/sanitize-text.ts');
    const { path } = statePlace(context);
    const { problems } = await checkState(path);
    const errors = problems.filter(({ severity }) => severity === 'error').length;
    const lines = problems.map(
      ({ severity, code, detail, hint }) => `${severity} ${code}: ${sanitizeText(detail)}\n  ${sanitizeText(hint)}\n`,
    );
    const summary = problems.length === 0 ? 'No problems' : `${errors} errors, ${problems.length - errors} warnings`;
    const found = {
      summary,
      text: `${lines.join('')}${path}: ${summary.toLowerCase()}.\n`,
      document: { problems: problems.map((problem) => ({ ...problem })) },
    };
    if (errors === 0) return { exitCode: 0, ...found };
    const error = new BtMigrateError('BTM_STATE_UNREADABLE', {
      detail: `${path} contradicts itself in ${errors} places, listed above.`,
      hint: 'Do what is said there before the next apply.',
    });
    return { exitCode: error.exitCode, ...found, error };
  },
});
