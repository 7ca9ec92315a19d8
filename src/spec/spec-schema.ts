import * as z from 'zod';
import { RESOURCE_NAMES } from '../domain/kind.ts';
import type { ViewOwner } from '../domain/spec.ts';
import {
  address,
  baseUrl,
  day,
  instant,
  jsonObject,
  mapping,
  name,
  pattern,
  section,
  variable,
} from './spec-fields.ts';

export const VIEW_OWNERS: Readonly<Record<string, ViewOwner>> = {
  organizations: 'organization',
  projects: 'project',
  datasets: 'dataset',
  experiments: 'experiment',
  organization: 'organization',
  project: 'project',
  dataset: 'dataset',
  experiment: 'experiment',
};

const resourceNames = Object.keys(RESOURCE_NAMES);
const email = z
  .string()
  .check(z.refine((text) => /^[^@\s]+@[^@\s]+$/.test(text), { error: 'must be an e-mail address' }))
  .meta({ format: 'email' });
const lowerEmail = email.transform((text) => text.toLowerCase());

const side = (who: string, prefix: string) =>
  section({
    url: baseUrl.optional().describe(`Address of the ${who}'s API. Default: $${prefix}_URL, else the hosted service.`),
    api_key: variable.default(`${prefix}_API_KEY`).describe('Name of the environment variable that holds the key.'),
    org: name.optional().describe('Organization name; needed when the key belongs to several.'),
  })
    .prefault({})
    .describe(`The organization that is ${who === 'source' ? 'read, and never written' : 'written'}.`);

const period = (what: string) =>
  section({ created_after: instant.optional(), created_before: instant.optional() })
    .check(
      z.refine(
        ({ created_after: after, created_before: before }) =>
          after === undefined || before === undefined || after < before,
        { error: 'must not be before or equal to created_after', path: ['created_before'] },
      ),
    )
    .prefault({})
    .describe(what);

const agreed = { at: pattern, reason: name, expires: day.optional().describe('Last day on which this holds, UTC.') };
const streams = section({
  logs: period('Rows of project logs created in [created_after, created_before).'),
  experiments: period('Experiments created in [created_after, created_before).'),
  order: z.enum(['exact', 'relaxed']).default('exact'),
  attachments: z.enum(['copy', 'keep', 'skip']).default('copy'),
  on_row_conflict: z
    .enum(['skip', 'source'])
    .default('skip')
    .describe('What to do with a row that was edited in the destination since it was written.'),
  skip_async_scoring: z.boolean().default(false),
});
const policy = section({
  on_conflict: z
    .enum(['block', 'update', 'skip'])
    .default('block')
    .describe('Same key, different content, not written by us.'),
  missing_reference: z.enum(['block', 'drop']).default('block'),
  prune: z
    .boolean()
    .default(false)
    .describe('Delete what this state created and the source no longer has, rows included.'),
  max_deletes: z.int().min(0).max(1_000_000).default(0),
  activate: z.enum(['after_streams', 'never']).default('after_streams').describe('Automations and online scorers.'),
  active_rules: z
    .enum(['block', 'warn'])
    .default('block')
    .describe('When a copy would trigger rules that already live in the destination.'),
  into_nonempty: z.enum(['block', 'merge']).default('block'),
});

/** The shape of `migration.yaml` (contract section 3); its JSON Schema ships in the package. */
export const specSchema = section({
  $schema: z.string().optional().describe('For editors; not read.'),
  version: z.literal(1).default(1),
  source: side('source', 'BT_SOURCE'),
  destination: side('destination', 'BT_DEST'),
  state: section({
    path: name.default('bt-migrate.state.db').describe('Relative to the spec.'),
    must_exist: z.boolean().default(false),
  }).prefault({}),
  projects: section({
    include: z.array(name).min(1).default(['*']).describe('Names or globs of source projects.'),
    exclude: z.array(name).default([]),
    rename: mapping(name, name).prefault({}).describe('Source name to destination name.'),
  }).prefault({}),
  resources: section({
    include: z
      .array(z.enum(['all', ...resourceNames]))
      .min(1)
      .default(['all']),
    exclude: z.array(z.enum(resourceNames)).default([]),
    view_owners: z
      .array(z.enum(Object.keys(VIEW_OWNERS)))
      .default(['organizations', 'projects', 'datasets'])
      .describe('Whose views to read: one request an owner.'),
  }).prefault({}),
  streams: streams.prefault({}),
  users: section({
    match_by: z.literal('email').default('email'),
    map: mapping(lowerEmail, email, {
      sameAs: (text) => text.toLowerCase(),
      clash: 'two people cannot become one, so map one of them to another address',
    })
      .prefault({})
      .describe('Source e-mail to destination e-mail.'),
    invite: z.boolean().default(false),
  }).prefault({}),
  secrets: mapping(address, variable).prefault({}).describe('Address to the variable that holds its secret.'),
  overrides: z.array(section({ at: pattern, set: jsonObject })).default([]),
  policy: policy.prefault({}),
  protect: z
    .array(pattern)
    .default([])
    .describe('Never changed or deleted, with everything that lives in it; made where it is missing.'),
  accept: z.array(section(agreed)).default([]),
  ignore: z.array(section({ ...agreed, path: name.describe('Dotted path of the field.') })).default([]),
  limits: section({
    parallelism: z.int().min(1).max(1024).default(32).describe('Most requests in flight per host.'),
    requests_per_minute: z.int().min(1).max(1_000_000).nullable().default(null),
    memory_mb: z.int().min(16).max(65_536).default(256),
  }).prefault({}),
});

export type SpecDocument = z.output<typeof specSchema>;
