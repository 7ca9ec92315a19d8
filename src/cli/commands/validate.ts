import { defineCommand } from '../define-command.ts';
import { usageError } from '../usage-error.ts';

export const validate = defineCommand({
  name: 'validate',
  summary: 'Check the spec, then that both organizations can be reached and read',
  options: {
    offline: { type: 'flag', summary: 'Check the spec only; nothing is sent' },
    'probe-write': {
      type: 'flag',
      summary: 'Prove write access: create and delete a scratch project in the destination',
    },
  },
  examples: [{ command: 'bt-migrate validate --offline', does: 'Check migration.yaml, for example in a pull request' }],
  handler: async (context, values) => {
    if (values.offline && values['probe-write']) {
      throw usageError('--offline sends nothing and --probe-write writes; choose one of them.');
    }
    const { withWorkspace } = await import('../compose.ts');
    const { validateOffline, validateOnline } = await import('../validate-workspace.ts');
    return withWorkspace(context, (workspace) =>
      values.offline
        ? Promise.resolve(validateOffline(workspace.spec, context.globals.file))
        : validateOnline(workspace, { file: context.globals.file, probe: values['probe-write'] }),
    );
  },
});
