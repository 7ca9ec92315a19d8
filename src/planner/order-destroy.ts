import { DirectedGraph } from 'graphology';
import { topologicalSort } from 'graphology-dag';
import type { Address } from '../domain/address.ts';
import { compareText } from '../domain/json.ts';
import { RESOURCE_KINDS, type ResourceKind } from '../domain/kind.ts';
import { actionId } from '../domain/plan.ts';
import { ownersOf } from '../providers/owners-of.ts';
import { findReferences } from '../providers/references.ts';
import { PROVIDERS } from '../providers/registry.ts';
import type { OrderedDraft } from './build-graph.ts';
import { type Draft, draftId } from './draft.ts';
import { stronglyConnected } from './strongly-connected.ts';

type Edge = readonly [before: Address, after: Address];

/**
 * Orders deletions: what lives in an object goes before it, always; what refers to an object goes before it, unless they
 * refer to each other or it refers to what it lives in. Everything else follows behind.
 */
export function orderDestroy(drafts: readonly Draft[]): OrderedDraft[] {
  const sorted = [...drafts].sort(lastKindFirst);
  const going = new Map(sorted.filter(({ op }) => op === 'delete').map((draft) => [draft.address, draft]));
  const firm: Edge[] = [];
  const loose: Edge[] = [];
  for (const { address, destination } of going.values()) {
    if (destination === undefined) continue;
    const owners = ownersOf(address).filter((owner) => going.has(owner));
    for (const owner of owners) firm.push([address, owner]);
    for (const { text } of findReferences(PROVIDERS[destination.kind], destination.fields)) {
      const isInside = going.has(text) && ownersOf(text).includes(address);
      if (going.has(text) && text !== address && !isInside && !owners.includes(text)) loose.push([address, text]);
    }
  }
  const kept = [...firm, ...outsideCycles(firm, loose)];
  const graph = new DirectedGraph();
  for (const address of going.keys()) graph.addNode(address);
  for (const [before, after] of kept) graph.mergeDirectedEdge(before, after);
  const ordered = topologicalSort(graph).flatMap((address): OrderedDraft[] => {
    const draft = going.get(address);
    const dependsOn = graph.inNeighbors(address).map((other) => actionId('delete', other));
    return draft === undefined ? [] : [{ draft, dependsOn: dependsOn.sort(compareText) }];
  });
  return [...ordered, ...sorted.filter(({ op }) => op !== 'delete').map((draft) => ({ draft, dependsOn: [] }))];
}

function outsideCycles(firm: readonly Edge[], loose: readonly Edge[]): readonly Edge[] {
  const targets = new Map<Address, Address[]>();
  for (const [before, after] of [...firm, ...loose]) targets.set(before, [...(targets.get(before) ?? []), after]);
  const groups = stronglyConnected(targets.keys(), (address) => targets.get(address) ?? []);
  const groupOf = new Map(groups.flatMap((group, number) => group.map((address) => [address, number] as const)));
  return loose.filter(([before, after]) => {
    const group = groupOf.get(before);
    return group === undefined || group !== groupOf.get(after);
  });
}

const KIND_RANK = new Map<ResourceKind, number>(RESOURCE_KINDS.map((kind, rank) => [kind, rank]));

function lastKindFirst(a: Draft, b: Draft): number {
  return rankOf(b) - rankOf(a) || compareText(a.address, b.address) || compareText(draftId(a), draftId(b));
}

function rankOf({ destination }: Draft): number {
  return destination === undefined ? 0 : (KIND_RANK.get(destination.kind) ?? 0);
}
