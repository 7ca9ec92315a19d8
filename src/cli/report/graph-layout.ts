/** What is to be drawn, and what each needs first; a need that is no node is left out. */
export interface GraphNode {
  readonly id: string;
  readonly needs: readonly string[];
}

/** A node and where it stands: its layer from the left, its place in it from the top. */
export interface PlacedNode<Node extends GraphNode> {
  readonly node: Node;
  readonly layer: number;
  readonly place: number;
}

/** Passes over the layers that bring what is connected closer together. */
const SWEEPS = 4;

/**
 * Places a graph in layers: everything stands to the right of what it needs. Where nodes need one another in a circle,
 * the first of them is placed as if it needed nothing more.
 */
export function layoutGraph<Node extends GraphNode>(nodes: readonly Node[]): PlacedNode<Node>[] {
  const layerOf = layersOf(nodes);
  const layers: Node[][] = [];
  for (const node of nodes) {
    const layer = layerOf.get(node.id) ?? 0;
    layers[layer] = [...(layers[layer] ?? []), node];
  }
  const neighbours = neighboursOf(nodes);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const places = new Map(layers.flatMap((layer) => layer.map((node, place) => [node.id, place] as const)));
    for (const layer of layers) untangle(layer, neighbours, places);
  }
  return layers.flatMap((members, layer) => members.map((node, place) => ({ node, layer, place })));
}

/** Longest way from a node that needs nothing. */
function layersOf(nodes: readonly GraphNode[]): Map<string, number> {
  const known = new Set(nodes.map(({ id }) => id));
  const waiting = new Map(
    nodes.map(({ id, needs }) => [id, new Set(needs.filter((need) => known.has(need) && need !== id))]),
  );
  const dependents = new Map<string, string[]>();
  for (const [id, needs] of waiting)
    for (const need of needs) dependents.set(need, [...(dependents.get(need) ?? []), id]);
  const layers = new Map<string, number>();
  const ready = [...waiting].filter(([, needs]) => needs.size === 0).map(([id]) => id);
  while (waiting.size > 0) {
    const id = ready.pop() ?? firstOf(waiting);
    if (!waiting.delete(id)) continue;
    const layer = layers.get(id) ?? 0;
    layers.set(id, layer);
    for (const dependent of dependents.get(id) ?? []) {
      const needs = waiting.get(dependent);
      if (needs === undefined) continue;
      layers.set(dependent, Math.max(layers.get(dependent) ?? 0, layer + 1));
      needs.delete(id);
      if (needs.size === 0) ready.push(dependent);
    }
  }
  return layers;
}

function firstOf(waiting: ReadonlyMap<string, unknown>): string {
  for (const id of waiting.keys()) return id;
  throw new Error('Nothing is waiting.');
}

function neighboursOf(nodes: readonly GraphNode[]): Map<string, string[]> {
  const neighbours = new Map<string, string[]>();
  const add = (a: string, b: string): void => void neighbours.set(a, [...(neighbours.get(a) ?? []), b]);
  for (const { id, needs } of nodes) {
    for (const need of needs) {
      add(id, need);
      add(need, id);
    }
  }
  return neighbours;
}

/** Sorts a layer by where the neighbours of its nodes stand. */
function untangle(
  layer: GraphNode[],
  neighbours: ReadonlyMap<string, readonly string[]>,
  places: ReadonlyMap<string, number>,
): void {
  const wish = new Map(
    layer.map(({ id }, place) => {
      const near = (neighbours.get(id) ?? []).flatMap((other) => places.get(other) ?? []);
      return [id, near.length === 0 ? place : near.reduce((sum, one) => sum + one, 0) / near.length] as const;
    }),
  );
  layer.sort((a, b) => (wish.get(a.id) ?? 0) - (wish.get(b.id) ?? 0));
}
