import { defineCommand } from '../define-command.ts';

export const importCheckpointsCommand = defineCommand({
  name: 'import-checkpoints',
  summary: 'Take over what a run of braintrust-migrate has done, into the state',
  options: {
    'objects-only': {
      type: 'flag',
      summary: 'Leave its row cursors: every row is then compared and what is missing sent',
    },
  },
  arguments: {
    folder: { summary: 'The folder of one of its runs, such as checkpoints/20260301_101500', required: true },
  },
  examples: [
    {
      command: 'bt-migrate import-checkpoints checkpoints/20260301_101500',
      does: 'Go on where it stopped, with the spec that init --from-env wrote',
    },
  ],
  handler: async (context, values) => {
    const { withWorkspace } = await import('../compose.ts');
    const { importCheckpoints } = await import('../checkpoints/import-checkpoints.ts');
    return withWorkspace(context, (workspace) =>
      importCheckpoints(context, workspace, values.folder, { objectsOnly: values['objects-only'] }),
    );
  },
});
