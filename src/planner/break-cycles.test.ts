import { expect, test } from 'vitest';
import { draftOf, usesTools } from '../../test/support/draft-fixture.ts';
import { findReferences } from '../providers/references.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { breakCycles } from './break-cycles.ts';
import { orderDrafts } from './build-graph.ts';
import { type Draft, draftId } from './draft.ts';

const tool = (slug: string, ...uses: string[]) => draftOf('create', `function.P.${slug}`, usesTools(...uses));
const update = (slug: string, ...uses: string[]) => draftOf('update', `function.P.${slug}`, usesTools(...uses));

/** `op slug: what it refers to`, in an order in which it can be carried out. */
function outline(drafts: readonly Draft[]): string[] {
  return orderDrafts(breakCycles(drafts)).map(({ draft }) => {
    const { op, address, reason, after, source } = draft;
    const found = after === undefined || source === undefined ? [] : findReferences(PROVIDERS[source.kind], after);
    const texts = found.map(({ marker, text }) => `${text.split('.').pop()}${marker === '$version' ? '@' : ''}`);
    return `${op} ${address.split('.').pop()}: ${op === 'blocked' ? reason : texts.join(' ')}`;
  });
}

test.each<[string, Draft[], string[]]>([
  ['no cycle is left as it is', [tool('a', 'b'), tool('b')], ['create b: ', 'create a: b']],
  ['a self reference is written second', [tool('a', 'a')], ['create a: ', 'link a: a']],
  ['one of two is written second', [tool('a', 'b'), tool('b', 'a')], ['create a: ', 'create b: a', 'link a: b']],
  [
    'only what closes the ring waits',
    [tool('a', 'b', 'x'), tool('b', 'c'), tool('c', 'a'), tool('x')],
    ['create x: ', 'create a: x', 'create b: ', 'create c: a', 'link a: b x', 'link b: c'],
  ],
  [
    'a pin in a ring waits for the second write of what it pins',
    [tool('a', 'b'), tool('b', 'a@')],
    ['create a: ', 'create b: ', 'link a: b', 'link b: a a@'],
  ],
  [
    'a new tool that pins what is updated to use it',
    [update('a', 'b'), tool('b', 'a@')],
    ['create b: ', 'update a: b', 'link b: a a@'],
  ],
  [
    'updates that pin each other cannot be ordered',
    [update('a', 'b@'), update('b', 'a@'), tool('c', 'a')],
    ['blocked a: cycle_unbreakable', 'blocked b: cycle_unbreakable', 'create c: a'],
  ],
])('%s', (_name, drafts, expected) => {
  expect(outline(drafts).sort()).toEqual([...expected].sort());
});

const graph = (slug: string, target: string) =>
  draftOf('create', `function.P.${slug}`, {
    function_data: { type: 'graph', nodes: { call: { function: { function_id: { $ref: `function.P.${target}` } } } } },
  });

test('a cycle of what cannot wait blocks its members and whatever needs them', () => {
  const drafts = [graph('a', 'b'), graph('b', 'a'), tool('user', 'b'), tool('top', 'user'), tool('free')];
  expect(outline(drafts).sort()).toEqual([
    'blocked a: cycle_unbreakable',
    'blocked b: cycle_unbreakable',
    'blocked top: dependency_blocked',
    'blocked user: dependency_blocked',
    'create free: ',
  ]);
});

test('a cycle is opened where it can wait', () => {
  expect(outline([graph('a', 'b'), tool('b', 'a')])).toEqual(['create b: ', 'create a: b', 'link b: a']);
});

test('what a create does not take is one second write, cycle or not', () => {
  const project = draftOf('create', 'project.P', {
    name: 'P',
    settings: { comparison_key: 'input', baseline_experiment_id: { $ref: 'experiment.P.e' } },
  });
  const experiment = draftOf('create', 'experiment.P.e', { name: 'e', project_id: { $ref: 'project.P' } });
  const drafts = breakCycles([project, experiment]);
  expect(drafts.map(draftId)).toEqual(['create:project.P', 'link:project.P', 'create:experiment.P.e']);
  expect(drafts[0]?.after).toEqual({ name: 'P' });
  expect(drafts[1]).toMatchObject({ reason: 'second_write_only', after: { settings: { comparison_key: 'input' } } });
});

test('a ring of 2,000 is opened', () => {
  const slugs = Array.from({ length: 2000 }, (_, number) => `t${number}`);
  const drafts = slugs.map((slug, number) => tool(slug, slugs[(number + 1) % slugs.length] ?? ''));
  const broken = breakCycles(drafts);
  expect(broken.filter(({ op }) => op === 'create')).toHaveLength(2000);
  expect(orderDrafts(broken)).toHaveLength(broken.length);
});
