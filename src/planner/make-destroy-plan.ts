import type { Address } from '../domain/address.ts';
import { STREAM_OF } from '../domain/kind.ts';
import { PLAN_FORMAT_VERSION, type Plan } from '../domain/plan.ts';
import { countHeldRows, type HeldRows } from '../inventory/held-rows.ts';
import { identifyOrgs } from '../inventory/identify-orgs.ts';
import { readDestination, unreadInventory } from '../inventory/read-destination.ts';
import { checkStateOrgs } from '../inventory/read-inventories.ts';
import { plannedAction, plannedOrg } from './build-plan.ts';
import { createdObjects, type DestroyInputs, decideDestroy } from './decide-destroy.ts';
import { estimateDestroy } from './estimate-destroy.ts';
import { estimateWork } from './estimate-work.ts';
import { listNotices } from './list-notices.ts';
import type { MakePlanOptions } from './make-plan.ts';
import { orderDestroy } from './order-destroy.ts';
import { sealPlan } from './plan-file.ts';

/**
 * Reads the destination and the state, and plans to delete what the state created. Of the source it only asks who it is.
 * @throws what reading throws, BTM_SAME_ORG, BTM_WRONG_ORG, and BTM_UNKNOWN_ADDRESS when --target or --exclude names
 * nothing.
 */
export async function makeDestroyPlan(options: MakePlanOptions): Promise<Plan> {
  const { spec, source, destination: reader, store, report } = options;
  const state = await store.snapshot();
  const orgs = await identifyOrgs(source, reader);
  checkStateOrgs(state, orgs.source.orgId, orgs.destination.orgId);
  const destination = await readDestination({ destination: reader, spec, state, report });
  const containers = createdObjects({ destination, state }).flatMap(({ mapping, resource: { kind, id, address } }) => {
    const stream = STREAM_OF[kind];
    return stream === undefined ? [] : [{ address, destination: { stream, id }, sourceId: mapping.sourceId }];
  });
  const counts = await countHeldRows(containers, { reader, store: store.streams, report });
  const rows = new Map<Address, HeldRows>();
  for (const [n, { address }] of containers.entries()) {
    const held = counts[n];
    if (held !== undefined) rows.set(address, held);
  }
  const plan = buildDestroyPlan({ ...options, state, destination, rows }, orgs.source);
  report({ type: 'plan_built', digest: plan.digest, actions: plan.estimates.actions });
  return plan;
}

type BuildInputs = DestroyInputs & Pick<MakePlanOptions, 'asOf' | 'toolVersion' | 'estimates'>;

/** Decides every deletion. Pure and synchronous: the same inputs give the same plan, byte for byte. */
function buildDestroyPlan(inputs: BuildInputs, source: DestroyInputs['destination']['org']): Plan {
  const { spec, destination, state, asOf } = inputs;
  const actions = orderDestroy(decideDestroy(inputs)).map((one) => plannedAction(one, spec, asOf));
  // What else the spec says has no effect here, but a typo under `protect` protects nothing. What is accepted is often
  // only in the source, which was not read.
  const notices = listNotices({ spec, source: unreadInventory(source), destination, asOf }, actions).filter(
    ({ section, code }) => section === 'protect' || (section === 'accept' && code !== 'matches_nothing'),
  );
  return sealPlan({
    format_version: PLAN_FORMAT_VERSION,
    tool_version: inputs.toolVersion,
    as_of: asOf,
    source: plannedOrg(source),
    destination: plannedOrg(destination.org),
    mode: 'destroy',
    spec_digest: spec.digest,
    state: { lineage: state.lineage, serial: state.serial },
    actions,
    not_migrated: [],
    ...(notices.length === 0 ? {} : { notices }),
    estimates: estimateWork(actions, {
      fanOutRequests: destination.fanOutRequests,
      lists: inputs.estimates === 'exact' ? estimateDestroy(destination, actions, inputs.rows) : null,
    }),
  });
}
