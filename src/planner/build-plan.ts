import { matchesPattern } from '../domain/address.ts';
import { BtMigrateError } from '../domain/errors.ts';
import { compareText } from '../domain/json.ts';
import type { OrgIdentity } from '../domain/org.ts';
import {
  type Estimates,
  needsAttention,
  OPERATIONS,
  type Operation,
  PLAN_FORMAT_VERSION,
  type Plan,
  type PlannedAction,
  type PlannedOrg,
  records,
  writes,
} from '../domain/plan.ts';
import type { Inventory, Resource } from '../domain/resource.ts';
import type { Spec } from '../domain/spec.ts';
import type { IdMapping } from '../domain/state.ts';
import { findReferences } from '../providers/references.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { breakCycles } from './break-cycles.ts';
import { type OrderedDraft, orderDrafts } from './build-graph.ts';
import { decideAction } from './decide-action.ts';
import { decideDeletions } from './decide-deletions.ts';
import { type Draft, draftId } from './draft.ts';
import { Prospects } from './judge-resource.ts';
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
  refuseEmptySource(inputs);
  const prospects = new Prospects(spec, source, destination);
  const mappings = indexMappings(state.mappings);
  const decided = [...source.resources.values()]
    .filter((resource) => resource.selected && resource.kind !== 'user')
    .flatMap((resource) =>
      decideAction(resource, {
        spec,
        asOf,
        prospects,
        mapping: mappings.of(resource, destination),
        secret: secretOf(resource, inputs),
      }),
    );
  const drafts = [
    ...decided,
    ...impliedCreates(decided, inputs, prospects),
    ...decideDeletions(inputs),
    ...unreadable(inputs),
  ];
  const ordered = orderDrafts(breakCycles(drafts));
  const actions = narrowActions(
    ordered.map((one) => plannedAction(one, spec, asOf)),
    inputs.narrowing,
  );
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
    estimates: estimate(actions, source, destination),
  });
}

/** Mappings found by either of their ids. */
export function indexMappings(mappings: readonly IdMapping[]): {
  of(resource: Resource, destination: Inventory): IdMapping | undefined;
} {
  const bySource = new Map(mappings.map((mapping) => [`${mapping.kind}:${mapping.sourceId}`, mapping]));
  const byDestination = new Map(mappings.map((mapping) => [`${mapping.kind}:${mapping.destinationId}`, mapping]));
  return {
    of(resource, destination) {
      const known = bySource.get(`${resource.kind}:${resource.id}`);
      if (known !== undefined) return known;
      // Deleted and made again in the source: what we wrote for its predecessor is still ours.
      const twin = destination.resources.get(resource.address);
      return twin === undefined ? undefined : byDestination.get(`${twin.kind}:${twin.id}`);
    },
  };
}

// A container that holds something selected is created with it, and so is an invited person that something refers to.
function impliedCreates(decided: readonly Draft[], inputs: PlanInputs, prospects: Prospects): Draft[] {
  const made = new Set(decided.map(draftId));
  const implied = new Map<string, Draft>();
  for (const draft of decided) {
    if (!writes(draft.op) || draft.source === undefined || draft.after === undefined) continue;
    for (const { marker, text } of findReferences(PROVIDERS[draft.source.kind], draft.after)) {
      const target = inputs.source.resources.get(text);
      if (marker !== '$ref' || target === undefined || made.has(`create:${text}`) || implied.has(text)) continue;
      if (prospects.of(text).is !== 'to_create') continue;
      const facts = {
        spec: inputs.spec,
        asOf: inputs.asOf,
        prospects,
        mapping: undefined,
        secret: { current: undefined, written: undefined },
      };
      const [create] = decideAction(target, facts);
      if (create !== undefined) implied.set(text, bareProject(create));
    }
  }
  return [...implied.values()];
}

// Settings of a project that was not selected itself are left alone.
function bareProject(draft: Draft): Draft {
  if (draft.source?.kind !== 'project' || draft.source.selected || draft.after === undefined) return draft;
  const { settings: _left, ...after } = draft.after;
  return { ...draft, after };
}

// What could not be listed at the source stands in the plan as one blocked action: nothing is known of its objects.
function unreadable({ spec, source }: PlanInputs): Draft[] {
  return source.unknown
    .filter(({ kind, code }) => spec.kinds.has(kind) && code !== 'not_supported')
    .map(({ kind }) => ({
      op: 'blocked',
      address: `${kind}.*`,
      reason: 'list_failed',
      source: undefined,
      destination: undefined,
      losses: [],
    }));
}

function secretOf(
  resource: Resource,
  inputs: PlanInputs,
): { current: string | undefined; written: string | undefined } {
  const field = PROVIDERS[resource.kind].secret;
  if (field === undefined) return { current: undefined, written: undefined };
  return {
    current: inputs.secretHmacs.get(resource.address),
    written: inputs.state.secretHmacs.get(`${resource.address}#${field}`),
  };
}

function plannedAction({ draft, dependsOn }: OrderedDraft, spec: Spec, asOf: string): PlannedAction {
  const accepted =
    draft.op === 'blocked'
      ? spec.accept.find(
          (rule) =>
            (rule.expires === undefined || asOf <= rule.expires) &&
            !draft.address.endsWith('.*') &&
            matchesPattern(rule.at, draft.address),
        )
      : undefined;
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

function plannedOrg(org: OrgIdentity): PlannedOrg {
  return { kind: 'braintrust', org_id: org.orgId, org: org.orgName, url: org.url };
}

function estimate(actions: readonly PlannedAction[], source: Inventory, destination: Inventory): Estimates {
  const counts = Object.fromEntries(OPERATIONS.map((op) => [op, 0])) as Record<Operation, number>;
  for (const { op } of actions) counts[op] += 1;
  const touched = actions.filter((action) => writes(action.op) || records(action));
  const kinds = new Set(touched.map(({ address }) => address.slice(0, address.indexOf('.'))));
  const lists = touched.length === 0 ? 0 : kinds.size * 2 + 2;
  const sent = actions.filter(({ op }) => writes(op)).length;
  return {
    actions: counts,
    requests: { source: lists, destination: lists + sent },
    fan_out_requests: source.fanOutRequests + destination.fanOutRequests,
  };
}

// An empty answer where there were objects is far more often a mistake (a key of another organization, an outage) than a wish.
function refuseEmptySource({ spec, source, state }: PlanInputs): void {
  const seen = new Set([...source.resources.values()].map(({ kind }) => kind));
  const lost = state.mappings.filter(
    ({ kind }) => spec.kinds.has(kind) && !seen.has(kind) && !source.unknown.some((unknown) => unknown.kind === kind),
  );
  const kinds = [...new Set(lost.map(({ kind }) => kind))].sort(compareText);
  if (kinds.length === 0) return;
  throw new BtMigrateError('BTM_EMPTY_SOURCE', {
    detail: `The source lists no ${kinds.join(', no ')}, but the state knows ${lost.length} of them.`,
    hint: 'Check that the source key and organization are the right ones. If the objects were really deleted, forget them with: bt-migrate state rm ADDRESS',
  });
}

/** True when the plan leaves something that needs a person. */
export function hasUnacceptedBlocks(plan: Plan): boolean {
  return plan.actions.some(needsAttention);
}
