import { defineCommand } from '../define-command.ts';

export const drift = defineCommand({
  name: 'drift',
  summary: 'Compare both organizations with what was last written; takes no lock, writes nothing',
  options: {},
  examples: [
    { command: 'bt-migrate drift', does: 'Find out every night whether anything moved; exits with 2 when it did' },
  ],
  handler: async (context) => {
    const { withWorkspace } = await import('../compose.ts');
    const { classifyDrift } = await import('../../planner/classify-drift.ts');
    const { gatherInputs } = await import('../../planner/gather-inputs.ts');
    const { dayOf } = await import('../plan-in-workspace.ts');
    const { driftResult } = await import('../drift-result.ts');
    return withWorkspace(context, async ({ spec, openReaders, openState }) => {
      const store = await openState();
      const inputs = await gatherInputs({
        spec,
        ...openReaders(),
        store,
        asOf: dayOf(undefined, context.io.now()),
        report: context.report,
        rows: 'ignored',
      });
      return driftResult(classifyDrift(inputs), inputs, context.color);
    });
  },
});
