import type { Reason } from '../domain/plan.ts';
import type { PlannedRowDeletion } from '../domain/stream-plan.ts';
import { type Draft, draftId } from './draft.ts';
import { isProtected } from './is-protected.ts';
import type { PlanInputs } from './plan-inputs.ts';

/** Ids that a deletion shows while something stands in its way. */
const SHOWN = 20;

/** Decides about rows that this state wrote and the source no longer has: one deletion for each container. */
export function decideRowDeletions({ spec, vanished }: Pick<PlanInputs, 'spec' | 'vanished'>): Draft[] {
  return vanished.map(({ address, rows, ids, sourceIsEmpty }): Draft => {
    const base = { address, source: undefined, destination: undefined, losses: [] };
    if (rows === null) return { ...base, op: 'blocked', reason: 'count_failed' };
    const deletion: Draft = { ...base, op: 'delete', reason: 'removed_from_source', before: { rows, ids } };
    // As with objects: a container that shows no row is more often a lost permission than a wish.
    if (sourceIsEmpty) return stopRowDeletion(deletion, 'empty_source');
    return isProtected(spec, address) ? stopRowDeletion(deletion, 'protected') : deletion;
  });
}

/** A deletion of rows that something stands in the way of: it shows some of the rows. */
export function stopRowDeletion(draft: Draft, reason: Reason): Draft {
  const { rows, ids } = draft.before as PlannedRowDeletion;
  return { ...draft, op: 'blocked', reason, before: { rows, ids: ids.slice(0, SHOWN) } };
}

/**
 * Puts deletions beside what was decided about the same containers: rows that are to be deleted are not in sync, and of two
 * things that stop the rows of a container the one that stops its copy is told.
 */
export function withDeletions(drafts: readonly Draft[], deletions: readonly Draft[]): Draft[] {
  const touched = new Set(deletions.map(({ address }) => address));
  const ids = new Set(drafts.map(draftId));
  return [
    ...drafts.filter(({ op, address }) => op !== 'skip' || !touched.has(address)),
    ...deletions.filter((deletion) => !ids.has(draftId(deletion))),
  ];
}
