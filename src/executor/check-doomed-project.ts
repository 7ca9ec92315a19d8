import { BtMigrateError } from '../domain/errors.ts';
import type { PlannedAction } from '../domain/plan.ts';
import { listErrorCode } from '../inventory/list-error-code.ts';
import { readProjectContents } from '../inventory/read-destination.ts';
import { mayHideReferrers } from '../inventory/referrers.ts';
import { providerOf } from '../providers/registry.ts';
import type { RunContext } from './run-action.ts';

/**
 * Looks into a project just before it is deleted: everything of ours in it is gone by then, so whatever is left is
 * somebody else's.
 * @throws BTM_PLAN_STALE when something is left, and the error of a list that failed.
 */
export async function checkDoomedProject(
  { op, address }: PlannedAction,
  { book, destination, mappings }: RunContext,
): Promise<void> {
  const id = book.id(address);
  if (op !== 'delete' || providerOf(address).kind !== 'project' || id === undefined) return;
  const { objects, unknown } = await readProjectContents(destination, id);
  const failed = unknown.find((list) => mayHideReferrers(list, 'project'));
  if (failed !== undefined) {
    throw new BtMigrateError(listErrorCode(failed), {
      detail: `Nobody can tell what ${address} still holds: the list of kind ${failed.kind} failed. ${failed.detail} It was not deleted.`,
      hint: 'Apply the same plan again when the list can be read.',
    });
  }
  // A list may lag behind: what this run has just deleted is nobody else's.
  const left = objects.filter((one) => mappings.ofDestination(one.kind, one.id)?.origin !== 'created');
  if (left.length === 0) return;
  const kinds = [...new Set(left.map(({ kind }) => kind))].sort().join(', ');
  throw new BtMigrateError('BTM_PLAN_STALE', {
    detail: `${address} holds ${left.length} ${left.length === 1 ? 'object' : 'objects'} (${kinds}) that somebody made since the plan was made. It was not deleted.`,
    hint: 'Look into it in the destination, and plan again.',
  });
}
