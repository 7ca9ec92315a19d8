import { DirectedGraph } from 'graphology';
import { hasCycle, topologicalSort } from 'graphology-dag';
import type { Address } from '../domain/address.ts';
import { compareText } from '../domain/json.ts';
import { RESOURCE_KINDS, type ResourceKind } from '../domain/kind.ts';
import { type ActionId, actionId } from '../domain/plan.ts';
import { findReferences } from '../providers/references.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { type Draft, draftId } from './draft.ts';

/** Drafts in an order in which they can be carried out, each with the actions that must have succeeded first. */
export interface OrderedDraft {
  readonly draft: Draft;
  readonly dependsOn: readonly ActionId[];
}

/**
 * Orders the drafts by what they need: an object after what it refers to, a second write after the first, a deletion
 * after the deletion of what refers to it. Kinds whose creation order is display order are chained oldest first within
 * their project; that chain orders them, but a failure in it does not stop the rest.
 */
export function orderDrafts(drafts: readonly Draft[]): OrderedDraft[] {
  const sorted = [...drafts].sort(byKindThenAge);
  const needs = new Map(sorted.map((draft) => [draftId(draft), new Set<ActionId>()]));
  const graph = new DirectedGraph();
  for (const id of needs.keys()) graph.addNode(id);
  const writers = writersByAddress(sorted);
  for (const draft of sorted) {
    const mine = draftId(draft);
    for (const id of neededIds(draft, writers)) {
      if (id === mine || !needs.has(id)) continue;
      needs.get(mine)?.add(id);
      graph.mergeDirectedEdge(id, mine);
    }
  }
  addDeletionOrder(sorted, needs, graph);
  const chains = displayChains(sorted);
  for (const [before, after] of chains) graph.mergeDirectedEdge(before, after);
  if (chains.length > 0 && hasCycle(graph)) {
    // A reference may run against age (a base experiment newer than what builds on it): then references alone decide.
    for (const [before, after] of chains)
      if (needs.get(after)?.has(before) !== true) graph.dropDirectedEdge(before, after);
  }
  const byId = new Map(sorted.map((draft) => [draftId(draft), draft]));
  return topologicalSort(graph).flatMap((id) => {
    const draft = byId.get(id);
    return draft === undefined ? [] : [{ draft, dependsOn: [...(needs.get(id) ?? [])].sort(compareText) }];
  });
}

function neededIds(draft: Draft, writers: ReadonlyMap<Address, readonly Draft[]>): ActionId[] {
  if (draft.op === 'blocked') return (draft.blockedBy ?? []).map((address) => actionId('blocked', address));
  if (draft.source === undefined || draft.after === undefined || draft.op === 'skip' || draft.op === 'delete')
    return [];
  const own: ActionId[] = draft.op === 'link' ? [actionId('create', draft.address)] : [];
  const references = findReferences(PROVIDERS[draft.source.kind], draft.after);
  return own.concat(
    references.flatMap(({ marker, text }) =>
      (writers.get(text) ?? [])
        // An id is there after the create; a version only once everything that writes one has happened.
        .filter(
          ({ op, address }) =>
            (op === 'create' || marker === '$version') && !(op === 'link' && address === draft.address),
        )
        .map(draftId),
    ),
  );
}

function writersByAddress(drafts: readonly Draft[]): Map<Address, Draft[]> {
  const writers = new Map<Address, Draft[]>();
  for (const draft of drafts) {
    if (draft.op !== 'create' && draft.op !== 'update' && draft.op !== 'link') continue;
    writers.set(draft.address, [...(writers.get(draft.address) ?? []), draft]);
  }
  return writers;
}

function addDeletionOrder(
  drafts: readonly Draft[],
  needs: ReadonlyMap<ActionId, Set<ActionId>>,
  graph: DirectedGraph,
): void {
  const deletions = new Map(drafts.filter(({ op }) => op === 'delete').map((draft) => [draft.address, draft]));
  for (const draft of deletions.values()) {
    if (draft.destination === undefined) continue;
    for (const { text } of findReferences(PROVIDERS[draft.destination.kind], draft.destination.fields)) {
      const target = deletions.get(text);
      if (target === undefined || target === draft) continue;
      needs.get(draftId(target))?.add(draftId(draft));
      graph.mergeDirectedEdge(draftId(draft), draftId(target));
    }
  }
}

function displayChains(drafts: readonly Draft[]): [ActionId, ActionId][] {
  const chains: [ActionId, ActionId][] = [];
  const last = new Map<string, ActionId>();
  for (const draft of drafts) {
    const kind = draft.source?.kind;
    if (draft.op !== 'create' || kind === undefined || PROVIDERS[kind].ordered !== true) continue;
    const chain = `${kind} ${draft.source?.project ?? ''}`;
    const earlier = last.get(chain);
    if (earlier !== undefined) chains.push([earlier, draftId(draft)]);
    last.set(chain, draftId(draft));
  }
  return chains;
}

const KIND_RANK = new Map<ResourceKind, number>(RESOURCE_KINDS.map((kind, rank) => [kind, rank]));

function byKindThenAge(a: Draft, b: Draft): number {
  return (
    rankOf(a) - rankOf(b) ||
    compareText(a.source?.created ?? '', b.source?.created ?? '') ||
    compareText(a.address, b.address) ||
    compareText(a.op, b.op)
  );
}

function rankOf(draft: Draft): number {
  const kind = draft.source?.kind ?? draft.destination?.kind;
  // Deletions come last, owners after what they own.
  const rank = kind === undefined ? 0 : (KIND_RANK.get(kind) ?? 0);
  return draft.op === 'delete' ? 1000 - rank : rank;
}
