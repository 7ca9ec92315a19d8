import { parsePattern } from '../domain/address.ts';
import type { OrgReader } from '../domain/org.ts';
import type { Plan } from '../domain/plan.ts';
import type { Spec } from '../domain/spec.ts';
import type { StateStore } from '../domain/state.ts';
import { TOOL_VERSION } from '../domain/tool-version.ts';
import { makeDestroyPlan } from '../planner/make-destroy-plan.ts';
import { makePlan } from '../planner/make-plan.ts';
import { vanishedRowFinder } from '../verify/find-vanished-rows.ts';
import type { CommandContext } from './define-command.ts';
import { planWarnings } from './plan-warnings.ts';
import { usageError } from './usage-error.ts';

export interface PlanFlags {
  /** Delete what the state created, instead of migrating. */
  readonly destroy: boolean;
  readonly asOf?: string | undefined;
  readonly targets: readonly string[];
  readonly excludes: readonly string[];
  readonly estimates: 'exact' | 'none';
}

interface PlanParties {
  readonly spec: Spec;
  readonly source: OrgReader;
  readonly destination: OrgReader;
  readonly store: StateStore;
}

/**
 * Makes a plan as the flags ask for it, and warns of what may not be meant.
 * @throws BTM_USAGE for a flag that cannot be read, and what `makePlan` throws.
 */
export async function planInWorkspace(context: CommandContext, parties: PlanParties, flags: PlanFlags): Promise<Plan> {
  const make = flags.destroy ? makeDestroyPlan : makePlan;
  const plan = await make({
    ...parties,
    asOf: dayOf(flags.asOf, context.io.now()),
    toolVersion: TOOL_VERSION,
    narrowing: { targets: flags.targets.map(parsePattern), excludes: flags.excludes.map(parsePattern) },
    estimates: flags.estimates,
    findVanishedRows: vanishedRowFinder(context.signal),
    report: context.report,
  });
  for (const warning of planWarnings(parties.spec, plan, flags)) context.report(warning);
  return plan;
}

/**
 * Makes sure that the flags can be read, before anything else is found to be wrong.
 * @throws BTM_USAGE for one that cannot.
 */
export function checkPlanFlags({ asOf, targets, excludes }: PlanFlags, now: number): void {
  dayOf(asOf, now);
  for (const pattern of [...targets, ...excludes]) parsePattern(pattern);
}

/** The UTC day by which expiries are judged. */
export function dayOf(given: string | undefined, now: number): string {
  if (given === undefined) return new Date(now).toISOString().slice(0, 10);
  const time = Date.parse(`${given}T00:00:00Z`);
  if (/^\d{4}-\d{2}-\d{2}$/.test(given) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(given))
    return given;
  throw usageError(
    `--as-of ${JSON.stringify(given)} is not a date.`,
    'Write it as YYYY-MM-DD, for example 2026-01-31.',
  );
}
