import type { Reporter } from '../domain/event.ts';
import type { OrgReader } from '../domain/org.ts';
import type { Plan } from '../domain/plan.ts';
import type { Spec } from '../domain/spec.ts';
import type { StateStore } from '../domain/state.ts';
import { readInventories } from '../inventory/read-inventories.ts';
import { buildPlan } from './build-plan.ts';
import type { Narrowing } from './narrow-actions.ts';

export interface MakePlanOptions {
  readonly spec: Spec;
  readonly source: OrgReader;
  readonly destination: OrgReader;
  readonly store: StateStore;
  /** UTC date, YYYY-MM-DD. */
  readonly asOf: string;
  readonly toolVersion: string;
  readonly narrowing: Narrowing;
  readonly report: Reporter;
}

/**
 * Reads both organizations and the state, and plans. Writes nothing anywhere.
 * @throws what reading and `buildPlan` throw.
 */
export async function makePlan(options: MakePlanOptions): Promise<Plan> {
  const { spec, source, destination, store, report } = options;
  const state = await store.snapshot();
  const inventories = await readInventories({ source, destination, spec, state, report });
  const plan = buildPlan({
    ...options,
    ...inventories,
    state,
    secretHmacs: await hmacsOfSecrets(spec, store, state.lineage),
  });
  report({ type: 'plan_built', digest: plan.digest, actions: plan.estimates.actions });
  return plan;
}

// Without a state there is no key to make an HMAC with, and nothing was ever written that could have changed.
async function hmacsOfSecrets(spec: Spec, store: StateStore, lineage: string | null): Promise<Map<string, string>> {
  const hmacs = new Map<string, string>();
  if (lineage === null) return hmacs;
  for (const [address, { value }] of spec.secrets) {
    if (value !== undefined) hmacs.set(address, await store.secretHmac(value.reveal()));
  }
  return hmacs;
}
