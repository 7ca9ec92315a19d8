import { expect, test } from 'vitest';
import { parsePattern } from '../domain/address.ts';
import type { Spec } from '../domain/spec.ts';
import { checkOverrides } from './check-overrides.ts';

const withOverride = (at: string, set: Spec['overrides'][number]['set']): Spec =>
  ({
    overrides: [{ at: parsePattern(at), set }],
    places: new Map([['overrides[0]', 'migration.yaml:3:9: ']]),
  }) as unknown as Spec;

test('an override of a modelled field, also inside it, is accepted', () => {
  expect(() => checkOverrides(withOverride('span_iframe.*.*', { url: 'https://trace.acme.example' }))).not.toThrow();
  expect(() =>
    checkOverrides(withOverride('project_automation.*.*', { 'config.export_path': 's3://acme' })),
  ).not.toThrow();
});

test.each([
  ['prompt.*.*', { slug: 'one' }, /"slug" is what a prompt is found by/],
  ['project.*', { name: 'One' }, /"name" is what a project is found by/],
  ['dataset.*.*', { project_id: 'x' }, /"project_id" is what a dataset is found by/],
  ['span_iframe.*.*', { urll: 'https://trace.acme.example' }, /has no field "urll"/],
  ['logs.*', { input: 'x' }, /logs has no fields to set/],
])('an override at %s of %o is refused before anything is read', (at, set, why) => {
  expect(() => checkOverrides(withOverride(at, set))).toThrow(why);
  expect(() => checkOverrides(withOverride(at, set))).toThrow(
    expect.objectContaining({ detail: expect.stringMatching(/^migration\.yaml:3:9: The override at /) }),
  );
});
