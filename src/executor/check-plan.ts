import { BtMigrateError } from '../domain/errors.ts';
import type { Digest } from '../domain/fingerprint.ts';
import type { Plan } from '../domain/plan.ts';
import type { Spec } from '../domain/spec.ts';
import type { StateSnapshot } from '../domain/state.ts';
import type { OrgPair } from '../inventory/identify-orgs.ts';

export interface PlanSurroundings {
  readonly spec: Spec;
  readonly state: StateSnapshot;
  readonly orgs: OrgPair;
  /** True when an unfinished run of this plan is gone on with. */
  readonly isResumed: boolean;
  /** The digest of the plan that was approved, when one was named. */
  readonly expectedDigest: Digest | undefined;
}

/**
 * Why this plan is not one for this spec, this state and these organizations: BTM_DIGEST_MISMATCH, BTM_WRONG_ORG or
 * BTM_PLAN_STALE. It is returned, not thrown, because everything else that is wrong is told before it.
 */
export function findMisfit(plan: Plan, surroundings: PlanSurroundings): BtMigrateError | undefined {
  const { spec, state, orgs, isResumed, expectedDigest } = surroundings;
  return (
    misfitOfDigest(plan, expectedDigest) ??
    misfitOfOrgs(plan, orgs) ??
    misfitOfSpec(plan, spec) ??
    (isResumed ? undefined : misfitOfState(plan, state))
  );
}

/** BTM_DIGEST_MISMATCH when another plan than this one was approved. */
export function misfitOfDigest(plan: Plan, expected: Digest | undefined): BtMigrateError | undefined {
  if (expected === undefined || expected === plan.digest) return undefined;
  return new BtMigrateError('BTM_DIGEST_MISMATCH', {
    detail: `Expected ${expected}, but this plan is ${plan.digest}. Nothing was written.`,
    hint: 'Apply the plan file that was approved, or have this one reviewed: bt-migrate show plan.out',
  });
}

function misfitOfOrgs(plan: Plan, orgs: OrgPair): BtMigrateError | undefined {
  for (const side of ['source', 'destination'] as const) {
    const [planned, found] = [plan[side], orgs[side]];
    if (found.orgId === planned.org_id) continue;
    return new BtMigrateError('BTM_WRONG_ORG', {
      detail: `The plan's ${side} is ${JSON.stringify(planned.org)} (${planned.org_id}), but the key leads to ${JSON.stringify(found.orgName)} (${found.orgId}). Nothing was written.`,
      hint: `Use the API key of ${JSON.stringify(planned.org)} for the ${side}, or make a plan for this organization.`,
    });
  }
  return undefined;
}

function misfitOfSpec(plan: Plan, spec: Spec): BtMigrateError | undefined {
  if (plan.spec_digest === spec.digest) return undefined;
  return new BtMigrateError('BTM_PLAN_STALE', {
    detail: 'The spec has changed since the plan was made. Nothing was written.',
    hint: 'Make the plan again: bt-migrate plan -o plan.out',
  });
}

// A moved serial alone is not stale: what matters of it shows in the fingerprints.
function misfitOfState(plan: Plan, state: StateSnapshot): BtMigrateError | undefined {
  // A state file that nothing was ever applied with is as good as none.
  if (plan.state.lineage === state.lineage || (plan.state.lineage === null && state.sourceOrgId === null))
    return undefined;
  return new BtMigrateError('BTM_PLAN_STALE', {
    detail:
      plan.state.lineage === null
        ? 'The plan was made without a state, but now there is one: something was applied since. Nothing was written.'
        : `The plan was made with another state (lineage ${plan.state.lineage}, here ${state.lineage ?? 'none'}). Nothing was written.`,
    hint: 'Make the plan again with the state that apply uses: bt-migrate plan -o plan.out',
  });
}
