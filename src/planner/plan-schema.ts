import * as z from 'zod';
import { isObject, type Json, type JsonObject, prettyJson } from '../domain/json.ts';
import { STREAM_KINDS } from '../domain/kind.ts';
import {
  NOT_MIGRATED_REASONS,
  NOTICE_CODES,
  NOTICE_SECTIONS,
  OPERATIONS,
  type Operation,
  REASONS,
} from '../domain/plan.ts';
import { LOSS_REASONS } from '../domain/resource.ts';

const digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/)
  .describe('"sha256:" and 64 lower-case hex digits.');
const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/)
  .describe('A UTC date, YYYY-MM-DD.');
const count = z.int().min(0);
const address = z.string().min(1).describe('kind.path, as in prompt.Support-bot.triage.');
const anyValue = z.unknown().describe('Any JSON value; markers such as {"$ref": ADDRESS} stand for what is not known.');
const fields = z
  .unknown()
  .refine((value) => isObject(value as Json), 'expected an object')
  .meta({ type: 'object', description: 'Writable fields, references as markers.' });

const change = z.object({
  path: z.string().describe('Dotted path of the field.'),
  before: anyValue.optional().describe('What the destination holds; absent when it holds nothing.'),
  after: anyValue.optional().describe('What it will hold; absent when the field goes away.'),
});

const common = {
  id: z.string().describe('op:address, unique in the plan.'),
  address,
  depends_on: z.array(z.string()).describe('Ids of the actions that must have succeeded first.'),
  source_fingerprint: digest.nullable(),
  destination_fingerprint: digest.nullable(),
  before: fields.optional(),
  after: fields.optional(),
  changes: z.array(change).optional(),
  history: z
    .array(z.object({ version: z.string(), after: fields }))
    .optional()
    .describe('Older versions that are written first, oldest first.'),
  triggers: z.array(z.string()).optional().describe('Rules of the destination that the rows would set off.'),
  collides: z
    .object({
      ids: z.array(z.string()).describe('The first of them, in order.'),
      looked_at: count.describe('Rows of the destination that were looked for in the source.'),
      found: count.describe('At least so many of these are in the source.'),
    })
    .optional()
    .describe(
      'Rows that both sides hold under one id, of a container that was never copied; absent where nobody looked.',
    ),
  takes_along: z
    .object({
      rows: count.optional().describe('Rows of a container, all written by this state.'),
      unseen: z.array(z.string()).optional().describe('Kinds that may be in a project and that no list shows.'),
    })
    .optional()
    .describe('What goes with an object that is destroyed.'),
};

function actionOf<Op extends Operation>(op: Op) {
  return z.object({ ...common, op: z.literal(op), reason: z.enum(REASONS[op]) });
}

const accepted = z
  .object({ reason: z.string(), expires: day.optional() })
  .describe('Set when the spec accepts that this is blocked.');

const action = z.discriminatedUnion('op', [
  actionOf('create'),
  actionOf('update'),
  actionOf('link'),
  actionOf('copy'),
  actionOf('delete'),
  actionOf('skip'),
  z.object({ ...common, op: z.literal('blocked'), reason: z.enum(REASONS.blocked), accepted: accepted.optional() }),
]);

const org = z.object({ kind: z.literal('braintrust'), org_id: z.string(), org: z.string(), url: z.string() });

const notMigrated = z.object({
  address: z.string().describe('An address, or a kind alone when it is about everything of that kind.'),
  reason: z.enum([...NOT_MIGRATED_REASONS, ...LOSS_REASONS]),
  path: z.string().optional(),
  count: count.nullable().optional().describe('How many; null when they could not be counted.'),
});

const requests = z.object({ source: count, destination: count });

const streamEstimate = z.object({
  stream: z.enum(STREAM_KINDS),
  copies: count,
  rows: count.nullable(),
  bytes: count.nullable(),
  requests: requests.nullable().describe('For rows alone; containers with few rows share requests.'),
});

const notice = z
  .object({
    code: z.enum(NOTICE_CODES),
    section: z.enum(NOTICE_SECTIONS).describe('The part of the spec that holds the entry.'),
    entry: z.string().describe('The entry: an address, a pattern, a name.'),
    path: z.string().optional().describe('The field that an entry under ignore is about.'),
    nearest: z.string().optional().describe('What was probably meant.'),
    expires: day.optional().describe('Last day of an agreement.'),
    count: count.optional().describe('How many blocked actions an agreement covers, or has covered.'),
  })
  .describe('Something about an entry of the spec that a person should know; it changes no exit code.');

const countByOperation = Object.fromEntries(OPERATIONS.map((op) => [op, count])) as Record<Operation, typeof count>;

/**
 * The shape of a plan file (contract section 4). Members it does not know are allowed, because a later minor version
 * of the format may add some; see docs/plan-format.md.
 */
export const planSchema = z.object({
  format_version: z.string().describe('MAJOR.MINOR; a reader refuses another MAJOR.'),
  tool_version: z.string(),
  as_of: day.describe('The UTC date that expiries were judged by.'),
  source: org,
  destination: org,
  mode: z
    .literal('destroy')
    .optional()
    .describe('Absent for a plan that migrates; destroy: deletes what the state created.'),
  spec_digest: digest,
  state: z.object({ lineage: z.string().nullable(), serial: count }),
  actions: z.array(action),
  not_migrated: z.array(notMigrated),
  notices: z.array(notice).optional().describe('Absent when there is nothing to say.'),
  estimates: z.object({
    actions: z.object(countByOperation),
    requests: requests.nullable(),
    rows: count.nullable().describe('Rows of all copies; null when one was not counted.'),
    bytes: count.nullable().describe('Estimated from sampled rows; null when none were sampled.'),
    streams: z.array(streamEstimate).describe('The same by stream, for streams with copies.'),
    fan_out_requests: count,
  }),
  redacted: z.literal('content').optional().describe('Set on a copy without values: for reading only.'),
  digest: digest.describe('sha256 of the canonical JSON of this document without this member.'),
});

/** The JSON Schema (draft 2020-12) that is published as `schema/plan.json`. */
export function planJsonSchema(): string {
  const schema = z.toJSONSchema(planSchema, { target: 'draft-2020-12', io: 'input' });
  const titled = {
    ...schema,
    title: 'bt-migrate plan file, format 1',
    description:
      'Written by `bt-migrate plan -o`, printed by `bt-migrate show --format json`. See docs/plan-format.md.',
  };
  return prettyJson(titled as unknown as JsonObject);
}
