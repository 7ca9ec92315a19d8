import * as z from 'zod';
import { OPERATIONS } from '../../domain/plan.ts';
import type { RunSummary } from '../../domain/run-summary.ts';

const count = z.number().min(0);
const error = z.object({ code: z.string(), summary: z.string(), detail: z.string(), hint: z.string().optional() });

/** What `apply --report` writes, as far as the page reads it; later members do no harm. */
const schema = z.object({
  format_version: z.string().regex(/^1\./),
  run_id: z.string().nullable(),
  plan_digest: z.string(),
  already_applied: z.boolean(),
  resumed: z.boolean(),
  summary: z.record(z.string(), count),
  actions: z.array(
    z.object({
      id: z.string(),
      op: z.enum(OPERATIONS),
      address: z.string(),
      reason: z.string(),
      status: z.enum(['done', 'already_done', 'recorded', 'unchanged', 'blocked', 'failed', 'not_attempted']),
      accepted: z.boolean().optional(),
      error: error.optional(),
      because_of: z.string().optional(),
    }),
  ),
  streams: z.array(
    z.object({
      address: z.string(),
      rows: count,
      bytes: count,
      quarantined: count,
      kept: count.optional(),
      mended: count.optional(),
      deleted: count.optional(),
      returned: count.optional(),
    }),
  ),
  row_notes: z
    .object({
      spilled: count.optional(),
      deleted: count.optional(),
      dropped_pins: count.optional(),
      unresolved: z.record(z.string(), count).optional(),
      lost: z.record(z.string(), count).optional(),
    })
    .optional(),
  requests: z.object({ source: count, destination: count }),
  duration_ms: count,
  ended_by: error.optional(),
});

/** The report of a run, or undefined when the document is none. */
export function asRunReport(document: unknown): RunSummary | undefined {
  const checked = schema.safeParse(document);
  return checked.success ? (checked.data as unknown as RunSummary) : undefined;
}
