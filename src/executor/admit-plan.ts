import { BtMigrateError } from '../domain/errors.ts';
import type { Reporter } from '../domain/event.ts';
import type { Digest } from '../domain/fingerprint.ts';
import type { OrgReader } from '../domain/org.ts';
import { type Plan, type PlannedAction, records, writes } from '../domain/plan.ts';
import { both } from '../domain/precedence.ts';
import type { Secret } from '../domain/secret.ts';
import type { Spec } from '../domain/spec.ts';
import type { Run, StateSnapshot } from '../domain/state.ts';
import { deletesRows } from '../domain/stream-plan.ts';
import { identifyOrgs } from '../inventory/identify-orgs.ts';
import { kindsOfWork } from '../inventory/kinds-of-work.ts';
import { readDestination, unreadInventory } from '../inventory/read-destination.ts';
import { type Inventories, readInventories } from '../inventory/read-inventories.ts';
import { readProjects } from '../inventory/read-lists.ts';
import { providerOf } from '../providers/registry.ts';
import { checkLists } from './check-lists.ts';
import { findMisfit } from './check-plan.ts';
import { checkStale } from './check-stale.ts';

export interface AdmitDependencies {
  readonly spec: Spec;
  readonly source: OrgReader;
  readonly destination: OrgReader;
  readonly report: Reporter;
  /** Refuses any other plan than the one with this digest. */
  readonly expectedDigest?: Digest | undefined;
}

/** A plan that may be carried out. */
export interface AdmittedPlan {
  /** What there is to do, in the order of the plan. */
  readonly work: readonly PlannedAction[];
  readonly secrets: ReadonlyMap<string, Secret>;
  readonly inventories: Inventories;
}

/**
 * Makes sure that nothing stands against carrying out a plan; writes nothing. Of several things that are wrong, the one
 * that comes first in 6, 8, 4 is told (contract section 2), so what the plan does not fit is only told once all that is
 * needed could be read.
 * @throws BTM_SECRET_UNSET, BTM_DIGEST_MISMATCH, BTM_WRONG_ORG, BTM_PLAN_STALE, and what reading throws.
 */
export async function admitPlan(
  plan: Plan,
  { state, existing }: { readonly state: StateSnapshot; readonly existing: Run | undefined },
  { spec, source, destination, report, expectedDigest }: AdmitDependencies,
): Promise<AdmittedPlan> {
  const work = plan.actions.filter((action) => writes(action.op) || records(action));
  const secrets = requiredSecrets(work, spec);
  const orgs = await identifyOrgs(source, destination);
  const isResumed = existing !== undefined;
  const misfit = findMisfit(plan, { spec, state, orgs, isResumed, expectedDigest });
  if (misfit?.code === 'BTM_WRONG_ORG') {
    // What another organization lacks says nothing about this plan, but whether the servers answer does.
    await both(readProjects(source), readProjects(destination));
    throw misfit;
  }
  const inventories =
    plan.mode === 'destroy'
      ? {
          source: unreadInventory(orgs.source),
          destination: await readDestination({ destination, spec, state, report }),
        }
      : await readInventories({
          source,
          destination,
          spec,
          state,
          kinds: kindsOfWork(work),
          touched: work.map(({ address }) => address),
          report,
        });
  checkLists(work, inventories);
  if (misfit !== undefined) throw misfit;
  checkStale(plan, existing?.journal ?? new Map(), inventories);
  return { work, secrets, inventories };
}

function requiredSecrets(work: readonly PlannedAction[], spec: Spec): Map<string, Secret> {
  const secrets = new Map<string, Secret>();
  const unset: string[] = [];
  for (const action of work) {
    if (action.op === 'copy' || deletesRows(action)) continue;
    const field = providerOf(action.address).secret;
    const reference = field === undefined ? undefined : spec.secrets.get(action.address);
    if (reference?.value !== undefined) secrets.set(action.address, reference.value);
    else if (reference !== undefined && field !== undefined && action.after?.[field] !== undefined)
      unset.push(`$${reference.name} (for ${action.address})`);
  }
  if (unset.length === 0) return secrets;
  throw new BtMigrateError('BTM_SECRET_UNSET', {
    detail: `The plan sets values that are not there: ${unset.sort().join(', ')}. Nothing was written.`,
    hint: 'Set these environment variables (or put them into .env) and apply the same plan again.',
  });
}
