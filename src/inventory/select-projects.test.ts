import { expect, test } from 'vitest';
import { loadSpec } from '../spec/load-spec.ts';
import {
  checkProjectNames,
  matchesGlob,
  renamedProject,
  selectsAllProjects,
  selectsProject,
} from './select-projects.ts';

const specOf = (projects: string) => loadSpec({ path: '/acme/migration.yaml', text: `projects: ${projects}`, env: {} });

test.each([
  ['*', '', true],
  ['*', 'Support bot', true],
  ['Support*', 'Support bot', true],
  ['*bot', 'Support bot', true],
  ['Support?bot', 'Support bot', true],
  ['Support?bot', 'Supportbot', false],
  ['Support bot', 'Support bot 2', false],
  ['support bot', 'Support bot', false],
  ['a.c', 'abc', false],
  ['a.c', 'a.c', true],
  ['[a-z]*', '[a-z] team', true],
  ['[a-z]*', 'team', false],
  ['a+(b)$^|{1}\\', 'a+(b)$^|{1}\\', true],
  ['?', '\u{1F600}', true],
  ['two*', 'two\nlines', true],
])('%j against %j: %j', (glob, name, matches) => {
  expect(matchesGlob(glob, name)).toBe(matches);
});

test('a glob of many stars is decided at once', () => {
  expect(matchesGlob('*a*a*a*a*a*a*a*a*a*a*a*a*b', 'a'.repeat(60))).toBe(false);
});

test.each([
  ['{}', 'Any', true],
  ['{ include: ["Support*"] }', 'Support bot', true],
  ['{ include: ["Support*"] }', 'Sales bot', false],
  ['{ include: ["A", "B"] }', 'B', true],
  ['{ exclude: ["scratch-*"] }', 'scratch-1', false],
  ['{ include: ["*"], exclude: ["*"] }', 'Any', false],
])('%s selects %j: %j', (projects, name, selected) => {
  expect(selectsProject(specOf(projects), name)).toBe(selected);
});

test.each([
  ['{}', true],
  ['{ include: ["*", "A"] }', true],
  ['{ include: ["A*"] }', false],
  ['{ exclude: ["A"] }', false],
])('%s selects all there can be: %j', (projects, all) => {
  expect(selectsAllProjects(specOf(projects))).toBe(all);
});

test('a project has its new name, and another its own', () => {
  const spec = specOf('{ rename: { A: B } }');
  expect([renamedProject(spec, 'A'), renamedProject(spec, 'C')]).toEqual(['B', 'C']);
});

test('a name without wildcards must exist, to include and to rename', () => {
  const projects = [{ name: 'Support bot' }];
  const check = (text: string) => () => checkProjectNames(specOf(text), projects);
  expect(check('{ include: ["Support bot", "Nope*"], exclude: [Gone] }')).not.toThrow();
  expect(check('{ include: [Nope] }')).toThrow(expect.objectContaining({ code: 'BTM_UNKNOWN_PROJECT' }));
  expect(check('{ rename: { Nope: X } }')).toThrow(/"Nope"/);
});
