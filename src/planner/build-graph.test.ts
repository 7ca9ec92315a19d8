import { expect, test } from 'vitest';
import { draftOf, usesTools } from '../../test/support/draft-fixture.ts';
import { orderDrafts } from './build-graph.ts';
import type { Draft } from './draft.ts';

const order = (...drafts: Draft[]) =>
  orderDrafts(drafts).map(({ draft, dependsOn }) => [`${draft.op}:${draft.address}`, dependsOn] as const);
const experiment = (project: string, name: string, created: string, base?: string): Draft =>
  draftOf(
    'create',
    `experiment.${project}.${name}`,
    base === undefined ? {} : { base_exp_id: { $ref: `experiment.${base}` } },
    created,
  );
const names = (...drafts: Draft[]) => order(...drafts).map(([id]) => id.split('.').pop());

test('what is referred to comes first; what is there already is waited for only when its version counts', () => {
  const there = draftOf('update', 'function.P.there');
  expect(
    order(draftOf('create', 'function.P.a', usesTools('there', 'b')), draftOf('create', 'function.P.b'), there),
  ).toEqual([
    ['create:function.P.b', []],
    ['update:function.P.there', []],
    ['create:function.P.a', ['create:function.P.b']],
  ]);
  expect(order(draftOf('create', 'function.P.a', usesTools('there@')), there)[1]).toEqual([
    'create:function.P.a',
    ['update:function.P.there'],
  ]);
});

test('a name is taken after it was given up', () => {
  const create = { ...draftOf('create', 'function.P.a'), waitsFor: ['update:function.P.z' as const] };
  expect(order(create, draftOf('update', 'function.P.z')).map(([id]) => id)).toEqual([
    'update:function.P.z',
    'create:function.P.a',
  ]);
});

test('display order is that of the source within a project, and a failure in it stops nothing', () => {
  const drafts = [
    experiment('P', 'c', '3'),
    experiment('Q', 'x', '2'),
    experiment('P', 'a', '1'),
    experiment('P', 'b', '2'),
  ];
  const ids = names(...drafts).filter((name) => name !== 'x');
  expect(ids).toEqual(['a', 'b', 'c']);
  expect(order(...drafts).every(([, needs]) => needs.length === 0)).toBe(true);
});

test('a base that is newer than what builds on it comes before it, and the others keep their places', () => {
  expect(
    names(
      experiment('P', 'a', '1'),
      experiment('P', 'b', '2', 'P.d'),
      experiment('P', 'c', '3'),
      experiment('P', 'd', '4', 'P.e'),
      experiment('P', 'e', '5'),
    ),
  ).toEqual(['a', 'e', 'd', 'b', 'c']);
});

test('bases across projects that run against age in both are followed, and other lanes keep their order', () => {
  const tags = ['1', '2', '3'].map((at) => draftOf('create', `project_tag.P.t${at}`, {}, at));
  const ids = names(
    ...tags.reverse(),
    experiment('P', 'p1', '1', 'Q.q2'),
    experiment('P', 'p2', '2'),
    experiment('Q', 'q1', '1', 'P.p2'),
    experiment('Q', 'q2', '2'),
  );
  for (const [before, after] of [
    ['q2', 'p1'],
    ['p2', 'q1'],
    ['t1', 't2'],
    ['t2', 't3'],
  ])
    expect(ids.indexOf(before)).toBeLessThan(ids.indexOf(after));
});

test('deletions come after what lets go, owners last, and rings of deletions in any order', () => {
  const gone = (address: string, fields = {}): Draft => draftOf('delete', address, fields);
  const lettingGo = draftOf('update', 'prompt.P.user');
  const held = { ...lettingGo, destination: draftOf('delete', 'prompt.P.user', usesTools('a')).destination };
  const ids = order(
    gone('function.P.a', usesTools('b')),
    gone('function.P.b', usesTools('a')),
    gone('role.Base'),
    gone('role.Top', { member_roles: [{ $ref: 'role.Base' }] }),
    held,
  );
  const at = (id: string) => ids.findIndex(([one]) => one === id);
  expect(at('update:prompt.P.user')).toBeLessThan(at('delete:function.P.a'));
  expect(at('delete:role.Top')).toBeLessThan(at('delete:role.Base'));
  expect(ids).toHaveLength(5);
});

test('the order does not depend on the order of the drafts', () => {
  const drafts = Array.from({ length: 40 }, (_, at) =>
    experiment('P', `e${at}`, String(at % 7), at < 20 ? `P.e${at + 20}` : undefined),
  );
  expect(names(...[...drafts].reverse())).toEqual(names(...drafts));
});
