import { BtMigrateError } from '../domain/errors.ts';
import { compareText } from '../domain/json.ts';
import { writes } from '../domain/plan.ts';
import type { Inventory, Resource } from '../domain/resource.ts';
import type { IdMapping } from '../domain/state.ts';
import { findReferences } from '../providers/references.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { decideAction } from './decide-action.ts';
import { decideDeletions } from './decide-deletions.ts';
import { type Draft, draftId } from './draft.ts';
import { Prospects } from './judge-resource.ts';
import type { PlanInputs } from './plan-inputs.ts';

/** Decides about every selected resource, alone: order, cycles and narrowing come after. `plan` and `drift` share it. */
export function decideDrafts(inputs: DecisionInputs): Draft[] {
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
  return [...decided, ...impliedCreates(decided, inputs, prospects), ...decideDeletions(inputs), ...unreadable(inputs)];
}

export type DecisionInputs = Omit<PlanInputs, 'narrowing' | 'toolVersion' | 'estimates'>;

function indexMappings(mappings: readonly IdMapping[]): {
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
function impliedCreates(decided: readonly Draft[], inputs: DecisionInputs, prospects: Prospects): Draft[] {
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
function unreadable({ spec, source }: DecisionInputs): Draft[] {
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
  inputs: DecisionInputs,
): { current: string | undefined; written: string | undefined } {
  const field = PROVIDERS[resource.kind].secret;
  if (field === undefined) return { current: undefined, written: undefined };
  return {
    current: inputs.secretHmacs.get(resource.address),
    written: inputs.state.secretHmacs.get(`${resource.address}#${field}`),
  };
}

// An empty answer where there were objects is far more often a mistake (a key of another organization, an outage) than a wish.
function refuseEmptySource({ spec, source, state }: DecisionInputs): void {
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
