// Writes schema/migration.json, the JSON Schema of the spec, from the built zod schema.
import { mkdirSync, writeFileSync } from 'node:fs';
import { specJsonSchema } from '../dist/src/spec/spec-json-schema.js';

mkdirSync(new URL('../schema', import.meta.url), { recursive: true });
writeFileSync(new URL('../schema/migration.json', import.meta.url), specJsonSchema());
