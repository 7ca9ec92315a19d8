import * as z from 'zod';
import { specSchema } from './spec-schema.ts';

/** Makes the JSON Schema of `migration.yaml` for editors: draft 7, which they all read. */
export function specJsonSchema(): string {
  const schema = z.toJSONSchema(specSchema, { io: 'input', target: 'draft-7' });
  const titled = { $schema: schema.$schema, title: 'bt-migrate migration.yaml', ...schema };
  return `${JSON.stringify(titled, null, 2)}\n`;
}
