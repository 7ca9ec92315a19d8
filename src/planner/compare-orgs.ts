import type { DriftItem } from '../domain/drift.ts';
import type { Json } from '../domain/json.ts';
import { markerText } from '../domain/marker.ts';
import type { Policy, Spec } from '../domain/spec.ts';
import { type DecisionInputs, decideDrafts } from './decide-drafts.ts';
import type { Draft } from './draft.ts';
import { driftItems, isUncertain, type LostKinds, lostKinds, UNREAD, type Verdict } from './drift-items.ts';

const HOMONYMS = 'Several objects have this name on one side, so they cannot be told apart.';
const NO_SUCH_KIND = 'The destination does not have this kind of object.';
const OLD_PINS =
  'It pins a version that is not the newest; whether both sides mean the same one cannot be told without a state.';
const IN_PART = 'Code that is pushed separately, or what the spec ignores, was not compared.';

/**
 * Compares two organizations as a plan would that knew nothing of the past and were free to do anything, so that the two
 * find the same differences. Statuses: `in_sync` equal, `both_moved` different (who moved cannot be told), `missing` only
 * in the source, `unmanaged` only in the destination, `unknown` could not be read. `inputs` are those of an empty state.
 */
export function compareOrgs(inputs: DecisionInputs): DriftItem[] {
  const lost = lostKinds(inputs);
  const drafts = decideDrafts({ ...inputs, spec: freeHand(inputs.spec) }).map(withoutOldPins);
  return driftItems(inputs, drafts, {
    draft: (draft) => judge(draft, lost),
    onlyThere: () => undefined,
  });
}

// Policies say what may be done about a difference, not whether there is one.
function freeHand(spec: Spec): Spec {
  const policy: Policy = {
    ...spec.policy,
    onConflict: 'update',
    missingReference: 'block',
    prune: false,
    activate: 'after_streams',
    activeRules: 'warn',
    intoNonempty: 'merge',
  };
  return { ...spec, policy, protect: [], accept: [], secrets: new Map() };
}

// An id of an old version means nothing in another organization.
function withoutOldPins(draft: Draft): Draft {
  const { source, destination, reason } = draft;
  if (draft.changes === undefined) return draft;
  // Versions of rows are in no fingerprint: equal ones say that nothing but the pin is in question.
  if (reason === 'version_not_newest' && source?.fingerprint === destination?.fingerprint)
    return { ...draft, changes: [] };
  const isPin = (value: Json | undefined): boolean => markerText(value, '$pin') !== undefined;
  return { ...draft, changes: draft.changes.filter(({ before, after }) => !(isPin(before) && isPin(after))) };
}

function judge(draft: Draft, lost: LostKinds): Verdict | undefined {
  const { op, reason, source, destination } = draft;
  // What is only there because something selected needs it is not compared.
  if (source?.selected === false) return undefined;
  switch (op) {
    case 'create':
      return { status: 'missing' };
    case 'update':
      return judgePair(draft, lost);
    case 'link':
    case 'copy':
    case 'delete':
      return undefined;
    case 'skip':
      if (reason === 'built_in') return undefined;
      return source?.fingerprint === destination?.fingerprint
        ? { status: 'in_sync' }
        : { status: 'in_sync', detail: IN_PART };
    case 'blocked':
      if (reason === 'list_failed') return { status: 'unknown', detail: UNREAD };
      if (reason === 'ambiguous_name') return { status: 'both_moved', detail: HOMONYMS };
      if (reason === 'not_supported_by_destination') return { status: 'missing', detail: NO_SUCH_KIND };
      if (destination === undefined) return { status: 'missing' };
      return judgePair(draft, lost);
  }
}

function judgePair(draft: Draft, lost: LostKinds): Verdict {
  if (isUncertain(draft, lost)) return { status: 'unknown', detail: UNREAD };
  return draft.changes?.length === 0 ? { status: 'in_sync', detail: OLD_PINS } : { status: 'both_moved' };
}
