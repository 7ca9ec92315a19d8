import type { Container } from '../domain/row-io.ts';

/** Groups of one stream each, of at most `together` containers, in their order: what one query may ask for. */
export function streamGroups<Item>(
  items: readonly Item[],
  containerOf: (item: Item) => Container,
  together: number,
): Item[][] {
  const groups: Item[][] = [];
  for (const item of items) {
    const last = groups.at(-1);
    const [first] = last ?? [];
    const fits = last !== undefined && first !== undefined && last.length < together;
    if (fits && containerOf(first).stream === containerOf(item).stream) last.push(item);
    else groups.push([item]);
  }
  return groups;
}
