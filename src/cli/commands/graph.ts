import { defineCommand } from '../define-command.ts';

export const graph = defineCommand({
  name: 'graph',
  summary: 'Print what depends on what, in a plan file or in a fresh plan',
  options: { format: { type: 'text', choices: ['dot', 'mermaid'], summary: 'dot (for Graphviz) by default' } },
  arguments: { plan: { summary: 'A plan file made by bt-migrate plan -o' } },
  examples: [{ command: 'bt-migrate graph plan.out | dot -Tsvg > plan.svg', does: 'Draw the plan' }],
  handler: async (context, values) => {
    const { resolve } = await import('node:path');
    const { readPlanFile } = await import('../../planner/plan-file.ts');
    const { renderGraph } = await import('../views/render-graph.ts');
    const { withWorkspace } = await import('../compose.ts');
    const { planInWorkspace } = await import('../plan-in-workspace.ts');
    const plan =
      values.plan === undefined
        ? await withWorkspace(context, async (workspace) => {
            const store = await workspace.openState();
            const parties = { spec: workspace.spec, ...workspace.openReaders(), store };
            return planInWorkspace(context, parties, { destroy: false, targets: [], excludes: [], estimates: 'none' });
          })
        : await readPlanFile(resolve(context.io.cwd, values.plan));
    const text = renderGraph(plan, values.format ?? 'dot');
    return { exitCode: 0, summary: `${plan.actions.length} actions`, text, document: { graph: text } };
  },
});
