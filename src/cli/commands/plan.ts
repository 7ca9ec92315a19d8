import { defineCommand } from '../define-command.ts';

export const plan = defineCommand({
  name: 'plan',
  summary: 'Compare both organizations and say what apply would do; writes to neither',
  options: {
    out: { type: 'text', alias: 'o', value: 'FILE', summary: 'Save the plan, for review and for apply' },
    destroy: {
      type: 'flag',
      summary: 'Plan to delete what this state created in the destination, and nothing else',
    },
    estimates: {
      type: 'text',
      choices: ['exact', 'none'],
      summary: 'Estimate the requests of an apply; exact by default',
    },
    target: {
      type: 'texts',
      value: 'ADDR',
      summary: 'Plan only this address and what it needs; may be repeated, * stands for one segment',
    },
    exclude: { type: 'texts', value: 'ADDR', summary: 'Leave this address out; may be repeated' },
    'detailed-exitcode': { type: 'flag', summary: 'Exit with 2 when there is something to do' },
    'json-into': { type: 'text', value: 'FILE', summary: 'Also write the plan to FILE' },
    'show-skips': { type: 'flag', summary: 'Print skipped objects by name, too' },
    'as-of': {
      type: 'text',
      value: 'DATE',
      summary: 'Judge expiry dates by this day (UTC, YYYY-MM-DD); today by default',
    },
  },
  examples: [
    { command: 'bt-migrate plan -o plan.out', does: 'Make a plan for review' },
    {
      command: 'bt-migrate plan --detailed-exitcode --json-into plan.json',
      does: 'Tell a script whether anything changed',
    },
    { command: `bt-migrate plan --target 'prompt."Support bot".*'`, does: 'Plan only the prompts of one project' },
    { command: 'bt-migrate plan --destroy -o undo.out', does: 'Plan to take a migration back' },
  ],
  handler: async (context, values) => {
    const { resolve } = await import('node:path');
    const { withWorkspace } = await import('../compose.ts');
    const { checkPlanFlags, planInWorkspace } = await import('../plan-in-workspace.ts');
    const { serializePlan, writePlanFile } = await import('../../planner/plan-file.ts');
    const { renderPlan } = await import('../views/render-plan.ts');
    const { writes } = await import('../../domain/plan.ts');
    const { checkWritable } = await import('../write-private-file.ts');
    const files = [...new Set([values.out, values['json-into']])].flatMap((file) =>
      file === undefined ? [] : [resolve(context.io.cwd, file)],
    );
    const flags = {
      destroy: values.destroy,
      asOf: values['as-of'],
      targets: values.target,
      excludes: values.exclude,
      estimates: values.estimates ?? 'exact',
    };
    return withWorkspace(context, async (workspace) => {
      checkPlanFlags(flags, context.io.now());
      for (const file of files) await checkWritable(file);
      const store = await workspace.openState();
      const made = await planInWorkspace(context, { spec: workspace.spec, ...workspace.openReaders(), store }, flags);
      for (const file of files) await writePlanFile(file, made);
      const changes = made.actions.some(({ op }) => writes(op));
      if (context.globals.json) await context.print(serializePlan(made));
      else
        await context.print(
          renderPlan(made, { color: context.color, showSkips: values['show-skips'] }) +
            (changes ? nextStep(values.out) : ''),
        );
      return { exitCode: changes && values['detailed-exitcode'] ? 2 : 0, summary: 'Planned', printed: true };
    });
  },
});

function nextStep(file: string | undefined): string {
  return file === undefined
    ? '\nThis plan was not saved. To have it reviewed and applied as it is: bt-migrate plan -o plan.out\n'
    : `\nSaved. To apply exactly this: bt-migrate apply ${/^[\w./-]+$/.test(file) ? file : `'${file}'`}\n`;
}
