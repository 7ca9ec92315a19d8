import { BtMigrateError } from '../domain/errors.ts';
import type { OrgReader } from '../domain/org.ts';
import type { Plan } from '../domain/plan.ts';
import type { Spec } from '../domain/spec.ts';
import type { StateSnapshot } from '../domain/state.ts';

/**
 * Checks that the plan was made with this state. A moved serial alone is not stale: what matters of it shows in the
 * fingerprints.
 * @throws BTM_PLAN_STALE when the lineage differs.
 */
export function checkPlanState(plan: Plan, state: StateSnapshot): void {
  // A state file that nothing was ever applied with is as good as none.
  if (plan.state.lineage === state.lineage || (plan.state.lineage === null && state.sourceOrgId === null)) return;
  throw new BtMigrateError('BTM_PLAN_STALE', {
    detail:
      plan.state.lineage === null
        ? 'The plan was made without a state, but now there is one: something was applied since. Nothing was written.'
        : `The plan was made with another state (lineage ${plan.state.lineage}, here ${state.lineage ?? 'none'}). Nothing was written.`,
    hint: 'Make the plan again with the state that apply uses: bt-migrate plan -o plan.out',
  });
}

/**
 * Checks that the spec is the one that was planned, and that both keys lead to the organizations the plan names.
 * @throws BTM_PLAN_STALE for another spec, BTM_WRONG_ORG for another organization.
 */
export async function checkPlanOrgs(plan: Plan, spec: Spec, source: OrgReader, destination: OrgReader): Promise<void> {
  if (plan.spec_digest !== spec.digest) {
    throw new BtMigrateError('BTM_PLAN_STALE', {
      detail: 'The spec has changed since the plan was made. Nothing was written.',
      hint: 'Make the plan again: bt-migrate plan -o plan.out',
    });
  }
  for (const [side, planned, reader] of [
    ['source', plan.source, source],
    ['destination', plan.destination, destination],
  ] as const) {
    const found = await reader.identity();
    if (found.orgId === planned.org_id) continue;
    throw new BtMigrateError('BTM_WRONG_ORG', {
      detail: `The plan's ${side} is ${JSON.stringify(planned.org)} (${planned.org_id}), but the key leads to ${JSON.stringify(found.orgName)} (${found.orgId}). Nothing was written.`,
      hint: `Use the API key of ${JSON.stringify(planned.org)} for the ${side}, or make a plan for this organization.`,
    });
  }
}
