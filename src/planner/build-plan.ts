import type { OrgIdentity } from '../domain/org.ts';
import { PLAN_FORMAT_VERSION, type Plan, type PlannedAction, type PlannedOrg } from '../domain/plan.ts';
import type { Spec } from '../domain/spec.ts';
import { acceptRuleFor } from './accept-rule.ts';
import { breakCycles } from './break-cycles.ts';
import { type OrderedDraft, orderDrafts } from './build-graph.ts';
import { decideDrafts } from './decide-drafts.ts';
import { draftId } from './draft.ts';
import { estimateLists } from './estimate-lists.ts';
import { estimateWork } from './estimate-work.ts';
import { listNotices } from './list-notices.ts';
import { narrowActions } from './narrow-actions.ts';
import { listNotMigrated } from './not-migrated.ts';
import { sealPlan } from './plan-file.ts';
import type { PlanInputs } from './plan-inputs.ts';

/**
 * Decides everything that apply will do. Pure and synchronous: the same inputs give the same plan, byte for byte.
 * @throws BTM_EMPTY_SOURCE, and BTM_UNKNOWN_ADDRESS when --target or --exclude names nothing.
 */
export function buildPlan(inputs: PlanInputs): Plan {
  const { spec, source, destination, state, asOf } = inputs;
  const ordered = orderDrafts(breakCycles(decideDrafts(inputs)));
  const actions = narrowActions(
    ordered.map((one) => plannedAction(one, spec, asOf)),
    inputs.narrowing,
  );
  const notices = listNotices(inputs, actions);
  return sealPlan({
    format_version: PLAN_FORMAT_VERSION,
    tool_version: inputs.toolVersion,
    as_of: asOf,
    source: plannedOrg(source.org),
    destination: plannedOrg(destination.org),
    spec_digest: spec.digest,
    state: { lineage: state.lineage, serial: state.serial },
    actions,
    not_migrated: listNotMigrated(
      inputs,
      ordered.map(({ draft }) => draft),
      new Set(actions.map(({ id }) => id)),
    ),
    ...(notices.length === 0 ? {} : { notices }),
    estimates: estimateWork(actions, {
      fanOutRequests: source.fanOutRequests + destination.fanOutRequests + inputs.history.size,
      lists: inputs.estimates === 'exact' ? estimateLists(inputs, actions) : null,
    }),
  });
}

/** Gives a draft its final form. */
export function plannedAction({ draft, dependsOn }: OrderedDraft, spec: Spec, asOf: string): PlannedAction {
  const accepted = draft.op === 'blocked' ? acceptRuleFor(draft.address, spec, asOf, draft.reason) : undefined;
  return {
    id: draftId(draft),
    op: draft.op,
    address: draft.address,
    depends_on: dependsOn,
    reason: draft.reason,
    source_fingerprint: draft.source?.fingerprint ?? null,
    destination_fingerprint: draft.destination?.fingerprint ?? null,
    ...(draft.before === undefined ? {} : { before: draft.before }),
    ...(draft.after === undefined ? {} : { after: draft.after }),
    ...(draft.changes === undefined ? {} : { changes: draft.changes }),
    ...(draft.history === undefined ? {} : { history: draft.history }),
    ...(draft.triggers === undefined ? {} : { triggers: draft.triggers }),
    ...(draft.collides === undefined ? {} : { collides: draft.collides }),
    ...(draft.takesAlong === undefined ? {} : { takes_along: draft.takesAlong }),
    ...(accepted === undefined
      ? {}
      : {
          accepted: {
            reason: accepted.reason,
            ...(accepted.expires === undefined ? {} : { expires: accepted.expires }),
          },
        }),
  };
}

export function plannedOrg(org: OrgIdentity): PlannedOrg {
  return { kind: 'braintrust', org_id: org.orgId, org: org.orgName, url: org.url };
}
