import { defineCommand } from '../define-command.ts';

export const quarantineRetry = defineCommand({
  name: 'quarantine retry',
  summary: 'Read quarantined rows again from the source and send them again',
  options: {
    'give-up': { type: 'flag', summary: 'Send nothing; take the items off the list' },
  },
  arguments: { id: { summary: 'Only this item, as quarantine list shows it' } },
  examples: [
    { command: 'bt-migrate quarantine retry', does: 'After what was wrong is mended in the source or the destination' },
    { command: 'bt-migrate quarantine retry 4f2a… --give-up', does: 'Accept that one row stays behind' },
  ],
  handler: async (context, values) => {
    const { withWorkspace } = await import('../compose.ts');
    const { retryInWorkspace } = await import('../retry-in-workspace.ts');
    return withWorkspace(context, (workspace) =>
      retryInWorkspace(context, workspace, { id: values.id, giveUp: values['give-up'] }),
    );
  },
});
