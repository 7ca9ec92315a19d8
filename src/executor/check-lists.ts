import { kindOf } from '../domain/address.ts';
import { BtMigrateError, type ErrorCode } from '../domain/errors.ts';
import type { Side } from '../domain/event.ts';
import type { PlannedAction } from '../domain/plan.ts';
import { mostPressing } from '../domain/precedence.ts';
import type { UnknownList } from '../domain/resource.ts';
import { referencesOf } from '../inventory/kinds-of-work.ts';
import type { Inventories } from '../inventory/read-inventories.ts';

const CODES: Readonly<Record<UnknownList['code'], ErrorCode>> = {
  permission_denied: 'BTM_PERMISSION_DENIED',
  unreachable: 'BTM_UNREACHABLE',
  server_failed: 'BTM_SERVER_FAILED',
  incomplete: 'BTM_SERVER_FAILED',
  not_supported: 'BTM_SERVER_FAILED',
};

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
      ({ kind, code, detail }) =>
        new BtMigrateError(CODES[code], {
          detail: `The ${side} could not be asked for its objects of kind ${kind}, which the plan touches: ${detail} Nothing was written.`,
          hint: 'Apply the same plan again when the list can be read.',
        }),
    );
}
