import { defineCommand } from '../define-command.ts';
import { usageError } from '../usage-error.ts';

export const ciInit = defineCommand({
  name: 'ci init',
  summary: 'Write the CI jobs that plan in a pull request, apply on merge and look for drift every night',
  options: {},
  arguments: { provider: { summary: 'github or gitlab', required: true } },
  examples: [{ command: 'bt-migrate ci init github', does: 'Write three workflows to .github/workflows' }],
  handler: async (context, { provider }) => {
    const { CI_PROVIDERS } = await import('../ci/ci-templates.ts');
    const { writeCiFiles } = await import('../ci/write-ci-files.ts');
    const known = CI_PROVIDERS.find((name) => name === provider);
    if (known === undefined) {
      throw usageError(
        `${JSON.stringify(provider)} is no CI that has templates here.`,
        `Allowed: ${CI_PROVIDERS.join(', ')}.`,
      );
    }
    return writeCiFiles(context, known);
  },
});
