interface Frame {
  readonly node: string;
  readonly targets: readonly string[];
  next: number;
}

/**
 * The groups of nodes that can reach one another, and every node that leads to itself; nodes in no cycle are left out.
 * Each group is sorted. Tarjan's algorithm without recursion: chains are longer than the call stack.
 */
export function stronglyConnected(nodes: Iterable<string>, targetsOf: (node: string) => readonly string[]): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const onStack = new Set<string>();
  const stack: string[] = [];
  const groups: string[][] = [];
  const open = (node: string): Frame => {
    index.set(node, index.size);
    low.set(node, index.size - 1);
    stack.push(node);
    onStack.add(node);
    return { node, targets: targetsOf(node), next: 0 };
  };
  const lower = (node: string, to: number): void => {
    low.set(node, Math.min(low.get(node) ?? to, to));
  };
  for (const root of nodes) {
    if (index.has(root)) continue;
    const work = [open(root)];
    for (let frame = work.at(-1); frame !== undefined; frame = work.at(-1)) {
      const { node, targets } = frame;
      const target = targets[frame.next];
      frame.next += 1;
      if (target !== undefined) {
        if (!index.has(target)) work.push(open(target));
        else if (onStack.has(target)) lower(node, index.get(target) ?? 0);
        continue;
      }
      work.pop();
      const reached = low.get(node) ?? 0;
      const parent = work.at(-1);
      if (parent !== undefined) lower(parent.node, reached);
      if (reached !== index.get(node)) continue;
      const group = stack.splice(stack.lastIndexOf(node));
      for (const member of group) onStack.delete(member);
      if (group.length > 1 || targets.includes(node)) groups.push(group.sort());
    }
  }
  return groups;
}
