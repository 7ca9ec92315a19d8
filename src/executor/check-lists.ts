import { kindOf } from '../domain/address.ts';
import { BtMigrateError } from '../domain/errors.ts';
import type { Side } from '../domain/event.ts';
import type { PlannedAction } from '../domain/plan.ts';
import { mostPressing } from '../domain/precedence.ts';
import type { UnknownList } from '../domain/resource.ts';
import { referencesOf } from '../inventory/kinds-of-work.ts';
import { listErrorCode } from '../inventory/list-error-code.ts';
import type { Inventories } from '../inventory/read-inventories.ts';

/**
 * Refuses to go on when a list failed that the actions depend on: in the destination nobody could tell what is there
 * already, and an object that the source does not show would look deleted.
 * @throws BTM_PERMISSION_DENIED, BTM_UNREACHABLE or BTM_SERVER_FAILED, before the first write.
 */
export function checkLists(work: readonly PlannedAction[], { source, destination }: Inventories): void {
  const written = work.filter(({ op }) => op !== 'delete');
  const unseen = written.filter(({ address }) => !source.resources.has(address)).map(({ address }) => address);
  const touched = work.flatMap((action) => [action.address, ...referencesOf(action)]);
  const refusals = [
    ...refusalsOf('source', source.unknown, new Set<string>(unseen.map(kindOf))),
    ...refusalsOf('destination', destination.unknown, new Set<string>(touched.map(kindOf))),
  ];
  const told = mostPressing(refusals);
  if (told !== undefined) throw told;
}

function refusalsOf(side: Side, unknown: readonly UnknownList[], kinds: ReadonlySet<string>): BtMigrateError[] {
  return unknown
    .filter(({ kind }) => kinds.has(kind))
    .map(
      (list) =>
        new BtMigrateError(listErrorCode(list), {
          detail: `The ${side} could not be asked for its objects of kind ${list.kind}, which the plan touches: ${list.detail} Nothing was written.`,
          hint: 'Apply the same plan again when the list can be read.',
        }),
    );
}
