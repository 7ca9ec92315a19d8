import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { acmePlan } from '../../test/support/acme-plan.ts';
import { type Schema, SchemaChecker } from '../../test/support/json-schema.ts';
import { REASONS } from '../domain/plan.ts';
import { serializePlan } from './plan-file.ts';
import { planJsonSchema } from './plan-schema.ts';

test('the JSON Schema in the package is that of the plan file: else run npm run docs:schema', () => {
  const shipped = readFileSync(new URL('../../schema/plan.json', import.meta.url), 'utf8');
  expect(shipped).toBe(planJsonSchema());
});

test('a plan fits the JSON Schema, and one with a member of the wrong sort does not', () => {
  const schema = JSON.parse(planJsonSchema()) as Schema;
  const checker = new SchemaChecker({});
  // The checker knows no `type` that is a list, which is how a lineage may be null.
  const plan = { ...acmePlan, state: { lineage: 'e0c1', serial: 4 }, not_migrated: [] };
  const document = JSON.parse(serializePlan(plan)) as Record<string, unknown>;
  expect(checker.check(schema, document)).toEqual([]);
  expect(checker.check(schema, { ...document, actions: [{ op: 'create' }] })).not.toEqual([]);
  expect(checker.check(schema, { ...document, estimates: null })).not.toEqual([]);
  const { digest: _, ...unsigned } = document;
  expect(checker.check(schema, unsigned)).toEqual(['$: digest is missing']);
});

test('a member that a later minor version adds is allowed', () => {
  expect(planJsonSchema()).not.toContain('"additionalProperties": false');
});

test('the documentation names every reason', () => {
  const manual = readFileSync(new URL('../../docs/plan-format.md', import.meta.url), 'utf8');
  for (const reasons of Object.values(REASONS)) {
    for (const reason of reasons) expect(manual, reason).toContain(`\`${reason}\``);
  }
});
