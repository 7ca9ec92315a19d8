import { type Plan, type PlannedAction, writes } from '../../domain/plan.ts';
import { sanitizeText } from './sanitize-text.ts';

/** Renders the actions of a plan that do something, or are blocked, and what each needs first. Ends in a newline. */
export function renderGraph(plan: Plan, format: 'dot' | 'mermaid'): string {
  const actions = plan.actions.filter((action) => writes(action.op) || action.op === 'blocked');
  const numbers = new Map(actions.map(({ id }, index) => [id, `n${index}`]));
  const edges = actions.flatMap(({ id, depends_on }) =>
    depends_on.flatMap((need) => (numbers.has(need) ? [[numbers.get(need), numbers.get(id)] as const] : [])),
  );
  return format === 'dot' ? dot(actions, numbers, edges) : mermaid(actions, numbers, edges);
}

type Edges = readonly (readonly [string | undefined, string | undefined])[];

function dot(actions: readonly PlannedAction[], numbers: ReadonlyMap<string, string>, edges: Edges): string {
  const nodes = actions.map(
    ({ id, op }) =>
      `  ${numbers.get(id)} [label=${quote(sanitizeText(id))}${op === 'blocked' ? ', style=dashed' : ''}];`,
  );
  const arrows = edges.map(([from, to]) => `  ${from} -> ${to};`);
  return ['digraph plan {', '  rankdir=LR;', '  node [shape=box];', ...nodes, ...arrows, '}', ''].join('\n');
}

function mermaid(actions: readonly PlannedAction[], numbers: ReadonlyMap<string, string>, edges: Edges): string {
  const nodes = actions.map(
    ({ id, op }) => `  ${numbers.get(id)}["${entities(sanitizeText(id))}"]${op === 'blocked' ? ':::blocked' : ''}`,
  );
  const arrows = edges.map(([from, to]) => `  ${from} --> ${to}`);
  return ['flowchart LR', ...nodes, ...arrows, '  classDef blocked stroke-dasharray: 4', ''].join('\n');
}

function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

// Mermaid has no backslash escapes inside a quoted label, only its own numeric entities.
function entities(text: string): string {
  return text.replace(/[^\w .:-]/gu, (char) => `#${char.codePointAt(0)};`);
}
