import { type Address, kindOf } from '../../domain/address.ts';
import { formatCount, plural } from '../views/count-words.ts';
import { compareKinds } from '../views/plan-outline.ts';
import type { DrawnNode } from './draw-graph.ts';
import type { ReportModel, Tone } from './report-model.ts';

/** An action as the graph sees it. */
export interface GraphAction {
  readonly id: string;
  readonly address: Address;
  readonly needs: readonly string[];
  readonly tone: Tone;
  readonly word: string;
}

/** A larger graph is drawn by kind: nobody follows more lines. */
const MOST_NODES = 120;

/** The actions that need one another, or, when they are many, how their kinds do. */
export function dependencyGraph(actions: readonly GraphAction[]): ReportModel['graph'] {
  const byId = new Map(actions.map((action) => [action.id, action]));
  const tied = new Set<string>();
  for (const { id, needs } of actions) {
    for (const need of needs) if (byId.has(need)) tied.add(id).add(need);
  }
  const connected = actions.filter(({ id }) => tied.has(id));
  if (connected.length === 0) return { note: '', nodes: [] };
  if (connected.length > MOST_NODES) return byKind(actions, byId);
  const alone = actions.length - connected.length;
  return {
    note: `Everything stands to the right of what it needs first.${alone > 0 ? ` ${plural(alone, 'action needs nothing and is', 'actions need nothing and are')} not drawn.` : ''}`,
    nodes: connected.map(({ id, address, needs, tone, word }) => ({
      id,
      needs,
      label: address,
      hint: `${word} ${address}`,
      tone: `tone-${tone}`,
    })),
  };
}

function byKind(actions: readonly GraphAction[], byId: ReadonlyMap<string, GraphAction>): ReportModel['graph'] {
  const kinds = new Map<
    string,
    { count: number; readonly tones: Map<Tone, number>; readonly needs: Map<string, number> }
  >();
  for (const { address, needs, tone } of actions) {
    const kind = kindOf(address);
    const entry = kinds.get(kind) ?? { count: 0, tones: new Map(), needs: new Map() };
    kinds.set(kind, entry);
    entry.count += 1;
    entry.tones.set(tone, (entry.tones.get(tone) ?? 0) + 1);
    for (const need of needs) {
      const other = byId.get(need);
      if (other === undefined) continue;
      const name = kindOf(other.address);
      entry.needs.set(name, (entry.needs.get(name) ?? 0) + 1);
    }
  }
  const nodes = [...kinds]
    .sort(([a], [b]) => compareKinds(a, b))
    .map(([kind, { count, tones, needs }]): DrawnNode => {
      const [most] = [...tones].sort(([, a], [, b]) => b - a);
      const uses = [...needs].map(([name, times]) => `${name} ${formatCount(times)} times`);
      return {
        id: kind,
        needs: [...needs.keys()],
        label: `${kind} (${formatCount(count)})`,
        hint: `${plural(count, 'action')} of ${kind}${uses.length > 0 ? ` need ${uses.join(', ')}` : ''}`,
        tone: `tone-${most?.[0] ?? 'skip'}`,
      };
    });
  return {
    note: `${plural(actions.length, 'action')} are too many to be drawn one by one, so this is how their kinds need one another. Each kind stands to the right of what it needs first.`,
    nodes,
  };
}
