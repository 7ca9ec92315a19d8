import { describe, expect, test } from 'vitest';
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

describe('a name without wildcards that the source does not have', () => {
  const projects = [{ name: 'Support bot' }, { name: 'Sales bot' }];
  const check = (text: string) => () => checkProjectNames(specOf(text), projects);

  test.each([
    ['{ include: ["Support bot", "Nope*"], exclude: ["Gone-*", "Sales bot"], rename: { "Sales bot": B } }'],
    ['{}'],
  ])('is not in %s', (text) => {
    expect(check(text)).not.toThrow();
  });

  test.each([
    ['{ include: [Suport bot] }', '1:23: projects.include[0] names "Suport bot"', 'Did you mean "Support bot"?'],
    ['{ exclude: ["x*", sales bot] }', '1:29: projects.exclude[1] names "sales bot"', 'Did you mean "Sales bot"?'],
    ['{ rename: { Payments: X } }', '1:23: projects.rename.Payments names "Payments"', 'no project of that name.'],
    ['{ rename: { "Sales-bot": X } }', '1:23: projects.rename["Sales-bot"] names', 'Did you mean "Sales bot"?'],
  ])('in %s is refused with its place and what was meant', (text, where, meant) => {
    expect(check(text)).toThrow(
      expect.objectContaining({
        code: 'BTM_UNKNOWN_PROJECT',
        exitCode: 7,
        detail: expect.stringMatching(/^migration\.yaml:[^\n]*$/),
      }),
    );
    expect(check(text)).toThrow(expect.objectContaining({ detail: expect.stringContaining(where) }));
    expect(check(text)).toThrow(expect.objectContaining({ detail: expect.stringContaining(meant) }));
  });

  test('is one line of several', () => {
    const all = '{ include: [Nope, Support bot], exclude: [Gone], rename: { Lost: X } }';
    const lines = [/include\[0\]/, /exclude\[0\]/, /rename\.Lost/].map(({ source }) => `.*${source}.*`);
    expect(check(all)).toThrow(expect.objectContaining({ detail: expect.stringMatching(`^${lines.join('\n')}$`) }));
  });
});
