import { defineCommand } from '../define-command.ts';

export const drift = defineCommand({
  name: 'drift',
  summary: 'Compare both organizations with what was last written; takes no lock, writes nothing',
  options: { rows: { type: 'flag', summary: 'Also count rows: added and edited since the last copy, and missing' } },
  examples: [
    { command: 'bt-migrate drift', does: 'Find out every night whether anything moved; exits with 2 when it did' },
  ],
  handler: async (context, values) => {
    const { withWorkspace } = await import('../compose.ts');
    const { classifyDrift } = await import('../../planner/classify-drift.ts');
    const { gatherInputs } = await import('../../planner/gather-inputs.ts');
    const { dayOf } = await import('../plan-in-workspace.ts');
    const { driftResult } = await import('../drift-result.ts');
    const { driftOfRows } = await import('../../verify/drift-rows.ts');
    return withWorkspace(context, async ({ spec, openReaders, openState }) => {
      const store = await openState();
      const readers = openReaders();
      const { report } = context;
      const inputs = await gatherInputs({
        spec,
        ...readers,
        store,
        asOf: dayOf(undefined, context.io.now()),
        report,
        rows: 'ignored',
      });
      const rows = values.rows
        ? await driftOfRows({ spec, ...readers, inventories: inputs, state: inputs.state, report })
        : [];
      return driftResult([...classifyDrift(inputs), ...rows], inputs, context.color);
    });
  },
});
