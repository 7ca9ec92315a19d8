// Writes schema/migration.json and schema/plan.json, the JSON Schemas of spec and plan, from the built zod schemas.
import { mkdirSync, writeFileSync } from 'node:fs';
import { planJsonSchema } from '../dist/src/planner/plan-schema.js';
import { specJsonSchema } from '../dist/src/spec/spec-json-schema.js';

const schemas = { 'migration.json': specJsonSchema(), 'plan.json': planJsonSchema() };
mkdirSync(new URL('../schema', import.meta.url), { recursive: true });
for (const [name, text] of Object.entries(schemas)) writeFileSync(new URL(`../schema/${name}`, import.meta.url), text);
