import { defineCommand } from '../define-command.ts';

export const apply = defineCommand({
  name: 'apply',
  summary: 'Do exactly what a saved plan says; without one: plan, show, ask',
  options: {
    'expect-digest': {
      type: 'text',
      value: 'sha256:…',
      summary: 'Refuse any other plan than the one with this digest',
    },
    'auto-approve': {
      type: 'flag',
      summary: 'Do not ask before applying a plan that was not saved, or one that destroys',
    },
    report: { type: 'text', value: 'FILE', summary: 'Write the report of the run to FILE as JSON' },
  },
  arguments: { plan: { summary: 'A plan file made by bt-migrate plan -o' } },
  examples: [
    { command: 'bt-migrate apply plan.out', does: 'Apply the reviewed plan' },
    { command: 'bt-migrate apply plan.out --expect-digest sha256:…', does: 'Apply it only if it is the approved one' },
    { command: 'bt-migrate apply --auto-approve', does: 'Plan and apply in one go, for example every night' },
  ],
  interrupted: 'Run the same command again: it goes on where this one stopped.',
  handler: async (context, values) => {
    const { withWorkspace } = await import('../compose.ts');
    const { applyInWorkspace } = await import('../apply-in-workspace.ts');
    return withWorkspace(context, (workspace) =>
      applyInWorkspace(context, workspace, {
        planFile: values.plan,
        expectedDigest: values['expect-digest'],
        approved: values['auto-approve'],
        reportFile: values.report,
      }),
    );
  },
});
