import { DirectedGraph } from 'graphology';
import { topologicalSort } from 'graphology-dag';
import { kindOf } from '../domain/address.ts';
import { compareText } from '../domain/json.ts';
import { RESOURCE_KINDS, type ResourceKind, STREAM_KINDS, type StreamKind } from '../domain/kind.ts';
import { type ActionId, actionId } from '../domain/plan.ts';
import { findReferences } from '../providers/references.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { type Draft, draftId } from './draft.ts';
import { neededActions, writersByAddress } from './needed-actions.ts';
import { stronglyConnected } from './strongly-connected.ts';

/** Drafts in an order in which they can be carried out, each with the actions that must have succeeded first. */
export interface OrderedDraft {
  readonly draft: Draft;
  readonly dependsOn: readonly ActionId[];
}

type Edge = readonly [before: ActionId, after: ActionId];

/**
 * Orders the drafts by what they need: an object after what it refers to, a second write after the first, a deletion
 * after whatever lets go of the object. Kinds whose creation order is display order are chained in that order within
 * their project; that chain orders them, but a failure in it does not stop the rest. Expects no cycles (`breakCycles`).
 */
export function orderDrafts(drafts: readonly Draft[]): OrderedDraft[] {
  const sorted = [...drafts].sort(byKindThenOrder);
  const byId = new Map(sorted.map((draft) => [draftId(draft), draft]));
  const needs = new Map<ActionId, Set<ActionId>>();
  const writers = writersByAddress(sorted);
  for (const draft of sorted) {
    const mine = draftId(draft);
    needs.set(mine, new Set(neededActions(draft, writers).filter((id) => id !== mine && byId.has(id))));
  }
  for (const [before, after] of deletionOrder(sorted)) needs.get(after)?.add(before);
  const graph = new DirectedGraph();
  for (const id of byId.keys()) graph.addNode(id);
  for (const [id, needed] of needs) for (const other of needed) graph.mergeDirectedEdge(other, id);
  for (const [before, after] of withoutCycles(graph, displayChains(sorted, needs)))
    graph.mergeDirectedEdge(before, after);
  return topologicalSort(graph).flatMap((id) => {
    const draft = byId.get(id);
    return draft === undefined ? [] : [{ draft, dependsOn: [...(needs.get(id) ?? [])].sort(compareText) }];
  });
}

// What refers to an object lets go of it first: by its own deletion, or by an update.
function deletionOrder(drafts: readonly Draft[]): Edge[] {
  const deletions = new Set(drafts.filter(({ op }) => op === 'delete').map(({ address }) => address));
  if (deletions.size === 0) return [];
  const edges: Edge[] = [];
  for (const draft of drafts) {
    if ((draft.op !== 'delete' && draft.op !== 'update') || draft.destination === undefined) continue;
    for (const { text } of findReferences(PROVIDERS[draft.destination.kind], draft.destination.fields)) {
      if (deletions.has(text) && text !== draft.address) edges.push([draftId(draft), actionId('delete', text)]);
    }
  }
  const targets = new Map<string, string[]>();
  for (const [before, after] of edges) targets.set(before, [...(targets.get(before) ?? []), after]);
  const groups = stronglyConnected(targets.keys(), (id) => targets.get(id) ?? []);
  return outside(groups, edges);
}

/** Chains that can be kept: a reference may run against age (a base experiment newer than what builds on it). */
function withoutCycles(graph: DirectedGraph, chains: readonly Edge[]): readonly Edge[] {
  if (chains.length === 0) return chains;
  const next = new Map(chains);
  const groups = stronglyConnected(graph.nodes(), (id) => {
    const follower = next.get(id);
    return follower === undefined ? graph.outNeighbors(id) : [...graph.outNeighbors(id), follower];
  });
  return outside(groups, chains);
}

function outside(groups: readonly (readonly string[])[], edges: readonly Edge[]): Edge[] {
  const groupOf = new Map(groups.flatMap((group, number) => group.map((id) => [id, number] as const)));
  return edges.filter(([before, after]) => {
    const group = groupOf.get(before);
    return group === undefined || group !== groupOf.get(after);
  });
}

function displayChains(drafts: readonly Draft[], needs: ReadonlyMap<ActionId, ReadonlySet<ActionId>>): Edge[] {
  const lanes = new Map<string, ActionId[]>();
  for (const draft of drafts) {
    const kind = draft.source?.kind;
    if (draft.op !== 'create' || kind === undefined || PROVIDERS[kind].ordered === undefined) continue;
    const lane = `${kind} ${draft.source?.project ?? ''}`;
    const members = lanes.get(lane);
    if (members === undefined) lanes.set(lane, [draftId(draft)]);
    else members.push(draftId(draft));
  }
  return [...lanes.values()].flatMap((members) => {
    const ordered = neededFirst(members, needs);
    return ordered.slice(1).map((id, index): Edge => [ordered[index] ?? id, id]);
  });
}

/** Keeps the given order, except that what a member needs comes before it. */
function neededFirst(members: readonly ActionId[], needs: ReadonlyMap<ActionId, ReadonlySet<ActionId>>): ActionId[] {
  const lane = new Set(members);
  const placed = new Set<ActionId>();
  for (const member of members) {
    const work = [member];
    for (let id = work.at(-1); id !== undefined; id = work.at(-1)) {
      const open = placed.has(id) ? [] : [...(needs.get(id) ?? [])].filter((one) => lane.has(one) && !placed.has(one));
      if (open.length > 0) work.push(...open);
      else placed.add(work.pop() ?? id);
    }
  }
  return [...placed];
}

const KIND_RANK = new Map<ResourceKind, number>(RESOURCE_KINDS.map((kind, rank) => [kind, rank]));

function byKindThenOrder(a: Draft, b: Draft): number {
  return (
    rankOf(a) - rankOf(b) ||
    compareText(a.source?.order ?? '', b.source?.order ?? '') ||
    compareText(a.address, b.address) ||
    compareText(a.op, b.op)
  );
}

function rankOf(draft: Draft): number {
  const kind = draft.source?.kind ?? draft.destination?.kind;
  const stream = STREAM_KINDS.indexOf(kindOf(draft.address) as StreamKind);
  if (stream >= 0) return RESOURCE_KINDS.length + stream;
  // Deletions come last, owners after what they own.
  const rank = kind === undefined ? 0 : (KIND_RANK.get(kind) ?? 0);
  return draft.op === 'delete' ? 1000 - rank : rank;
}
