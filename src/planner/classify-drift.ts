import type { DriftItem, DriftStatus } from '../domain/drift.ts';
import type { Resource } from '../domain/resource.ts';
import type { IdMapping } from '../domain/state.ts';
import { moversSince } from '../providers/field-base.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { acceptRuleFor } from './accept-rule.ts';
import { type DecisionInputs, decideDrafts } from './decide-drafts.ts';
import type { Draft } from './draft.ts';
import { driftItems, isUncertain, type LostKinds, lostKinds, UNREAD, type Verdict } from './drift-items.ts';
import { FormerNames } from './former-names.ts';

const KEPT = 'Deleted in the source. It is kept here: nothing deletes it while policy.prune is off.';
const ADOPTED = 'Deleted in the source. It is kept here, because it was there before the migration.';
const ACCEPTED = 'Deleted in the source. It is kept here, as the spec accepts.';
const TO_DELETE = 'Deleted in the source. Apply would delete it here, too.';
const NOT_DELETABLE = 'Deleted in the source, and something keeps apply from deleting it here: see plan.';

/** Says of every selected object how it stands to what was last written, and of every list that failed that it is unknown. */
export function classifyDrift(inputs: DecisionInputs): DriftItem[] {
  const mappings = new Map(inputs.state.mappings.map((one) => [`${one.kind}:${one.destinationId}`, one]));
  const known: Known = { mappings, former: new FormerNames(inputs), lost: lostKinds(inputs) };
  return driftItems(inputs, decideDrafts(inputs), {
    draft: (draft) => judge(draft, inputs, known),
    onlyThere: ({ kind, id }) => detailOf(mappings.get(`${kind}:${id}`)),
  });
}

// What is ours and not in the source, although nothing is decided about it: adopted, or accepted in the spec.
function detailOf(mapping: IdMapping | undefined): string | undefined {
  if (mapping === undefined) return undefined;
  return mapping.origin === 'adopted' ? ADOPTED : ACCEPTED;
}

/** What has to be known besides the decisions. */
interface Known {
  /** What the state says of destination objects, by kind and id. */
  readonly mappings: ReadonlyMap<string, IdMapping>;
  readonly former: FormerNames;
  readonly lost: LostKinds;
}

function judge(draft: Draft, inputs: DecisionInputs, known: Known): Verdict | undefined {
  switch (draft.op) {
    case 'create':
    case 'link':
      return { status: 'missing' };
    case 'copy':
      // Rows are another matter than the objects that hold them.
      return undefined;
    case 'delete':
      return { status: 'source_moved', detail: TO_DELETE };
    case 'update':
      return isUncertain(draft, known.lost) ? { status: 'unknown', detail: UNREAD } : judgeUpdate(draft, known);
    case 'skip':
      if (draft.reason === 'built_in') return undefined;
      // Nobody will ever do anything about it, so it must not keep a nightly check from being green.
      return draft.reason === 'removed_from_source' ? { status: 'unmanaged', detail: KEPT } : { status: 'in_sync' };
    case 'blocked':
      return judgeBlocked(draft, inputs, known);
  }
}

function judgeBlocked(draft: Draft, inputs: DecisionInputs, known: Known): Verdict | undefined {
  const { source, destination, reason } = draft;
  if (reason === 'list_failed') return { status: 'unknown', detail: UNREAD };
  if (acceptRuleFor(draft.address, inputs.spec, inputs.asOf, reason) !== undefined) return undefined;
  if (destination === undefined) return { status: 'missing' };
  if (source === undefined) return { status: 'source_moved', detail: NOT_DELETABLE };
  if (isUncertain(draft, known.lost)) return { status: 'unknown', detail: UNREAD };
  return { status: blockedStatus(destination, known) };
}

function judgeUpdate(draft: Draft, { mappings, former }: Known): Verdict {
  const status = movedBy(draft);
  const { source, destination, after } = draft;
  const base = mappings.get(`${destination?.kind}:${destination?.id}`)?.base;
  if (status !== 'both_moved' || base === undefined || source === undefined || destination === undefined)
    return { status };
  const { kind } = source;
  const moverOf = moversSince(PROVIDERS[kind], base, {
    source: former.named(kind, after ?? source.fields),
    destination: former.named(kind, destination.fields),
  });
  return { status, moverOf };
}

function movedBy({ reason }: Draft): DriftStatus {
  if (reason === 'both_changed') return 'both_moved';
  return reason === 'destination_changed' || reason === 'adopted_with_changes' ? 'destination_moved' : 'source_moved';
}

// What stands in the way of the update does not matter here, only who moved.
function blockedStatus(destination: Resource, { mappings, former }: Known): DriftStatus {
  const mapping = mappings.get(`${destination.kind}:${destination.id}`);
  return mapping?.fingerprint === former.ofResource(destination) ? 'source_moved' : 'destination_moved';
}
