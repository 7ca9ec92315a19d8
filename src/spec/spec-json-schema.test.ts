import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { specJsonSchema } from './spec-json-schema.ts';

test('the JSON Schema in the package is that of the spec: else run npm run docs:schema', () => {
  const shipped = readFileSync(new URL('../../schema/migration.json', import.meta.url), 'utf8');
  expect(shipped).toBe(specJsonSchema());
});

test('the JSON Schema lists the keys and the values that are allowed', () => {
  const schema = JSON.parse(specJsonSchema());
  expect(schema.additionalProperties).toBe(false);
  expect(schema.properties.policy.properties.on_conflict.enum).toEqual(['block', 'update', 'skip']);
  expect(schema.properties.source.properties.api_key.pattern).toBeTypeOf('string');
  expect(schema.required ?? []).toEqual([]);
});
