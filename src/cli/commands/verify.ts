import { VERIFY_LEVELS } from '../../domain/verification.ts';
import { defineCommand } from '../define-command.ts';

export const verify = defineCommand({
  name: 'verify',
  summary: 'Prove that objects and rows arrived: compare both organizations; writes to neither',
  options: {
    level: {
      type: 'text',
      choices: VERIFY_LEVELS,
      summary: 'How rows are compared: by number, by digests taken while copying, or one by one; hash by default',
    },
    'both-sides': { type: 'flag', summary: 'Read the rows of both sides even where the digests agree' },
    sample: { type: 'number', value: 'N', summary: 'Look at N windows of each container instead of all rows' },
    combined: {
      type: 'text',
      value: 'FILE',
      summary: 'Write a line for each object and container: its sign, its address',
    },
  },
  examples: [
    { command: 'bt-migrate verify', does: 'Read the destination once and hold it against what was copied' },
    { command: 'bt-migrate verify --level count', does: 'Count the rows, a few requests for all containers' },
  ],
  handler: async (context, values) => {
    const { withWorkspace } = await import('../compose.ts');
    const { verifyInWorkspace } = await import('../verify-in-workspace.ts');
    return withWorkspace(context, (workspace) =>
      verifyInWorkspace(context, workspace, {
        level: values.level ?? 'hash',
        bothSides: values['both-sides'],
        sample: values.sample,
        combined: values.combined,
      }),
    );
  },
});
