import type { Plan } from '../domain/plan.ts';
import type { FindVanishedRows } from '../inventory/vanished-rows.ts';
import { buildPlan } from './build-plan.ts';
import { type GatherOptions, gatherInputs } from './gather-inputs.ts';
import type { Narrowing } from './narrow-actions.ts';

export interface MakePlanOptions extends Omit<GatherOptions, 'rows'> {
  readonly toolVersion: string;
  readonly narrowing: Narrowing;
  readonly estimates: 'exact' | 'none';
  readonly findVanishedRows: FindVanishedRows;
}

/**
 * Reads both organizations and the state, and plans.
 * @throws what reading and `buildPlan` throw.
 */
export async function makePlan(options: MakePlanOptions): Promise<Plan> {
  const { toolVersion, narrowing, estimates, report } = options;
  const inputs = await gatherInputs({ ...options, rows: estimates === 'exact' ? 'counted' : 'listed' });
  const plan = buildPlan({ ...inputs, toolVersion, narrowing, estimates });
  report({ type: 'plan_built', digest: plan.digest, actions: plan.estimates.actions });
  return plan;
}
