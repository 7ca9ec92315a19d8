import { expect, test } from 'vitest';
import { stronglyConnected } from './strongly-connected.ts';

test.each<[string, Record<string, string[]>, string[][]]>([
  ['nothing', {}, []],
  ['a chain', { a: ['b'], b: ['c'], c: [] }, []],
  ['a diamond', { a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }, []],
  ['a node that leads to itself', { a: ['a'], b: [] }, [['a']]],
  ['two that lead to each other', { a: ['b'], b: ['a'] }, [['a', 'b']]],
  ['a ring with a tail on both sides', { x: ['a'], a: ['b'], b: ['c'], c: ['a', 'y'], y: [] }, [['a', 'b', 'c']]],
  [
    'two rings that one edge joins',
    { a: ['b'], b: ['a', 'c'], c: ['d'], d: ['c'] },
    [
      ['c', 'd'],
      ['a', 'b'],
    ],
  ],
  ['two rings through one node', { a: ['b', 'c'], b: ['a'], c: ['a'] }, [['a', 'b', 'c']]],
])('%s', (_name, edges, groups) => {
  expect(stronglyConnected(Object.keys(edges), (node) => edges[node] ?? [])).toEqual(groups);
});

test('a chain and a ring of 200,000 nodes, in a moment', () => {
  const nodes = Array.from({ length: 200_000 }, (_, number) => String(number));
  const next = (node: string) => nodes[Number(node) + 1];
  expect(stronglyConnected(nodes, (node) => (next(node) === undefined ? [] : [next(node) ?? '']))).toEqual([]);
  expect(stronglyConnected(nodes, (node) => [next(node) ?? '0'])[0]).toHaveLength(200_000);
});
