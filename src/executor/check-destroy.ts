import { BtMigrateError } from '../domain/errors.ts';
import type { Reporter } from '../domain/event.ts';
import { STREAM_OF } from '../domain/kind.ts';
import type { OrgReader } from '../domain/org.ts';
import type { ActionId, PlannedAction } from '../domain/plan.ts';
import type { Inventory, Resource } from '../domain/resource.ts';
import type { IdMapping, JournalEntry, StateStore } from '../domain/state.ts';
import { type CopiedContainer, countHeldRows } from '../inventory/held-rows.ts';
import { listErrorCode } from '../inventory/list-error-code.ts';
import { mayHideReferrers, referrersOf } from '../inventory/referrers.ts';
import { staleLine, stalePlan } from './check-stale.ts';
import type { RunContext } from './run-action.ts';

interface DestroyChecks {
  readonly journal: ReadonlyMap<ActionId, JournalEntry>;
  readonly inventory: Inventory;
  readonly mappings: RunContext['mappings'];
  readonly destination: OrgReader;
  readonly store: StateStore;
  readonly report: Reporter;
}

interface Doomed {
  readonly resource: Resource;
  readonly mapping: IdMapping;
}

/**
 * Checks what a destroy plan took for granted beyond the objects themselves: they are the ones that this state created,
 * nothing else refers to them or lives in them, and their rows are all ours.
 * @throws BTM_PLAN_STALE naming what moved, and the error of a list that failed; nothing has been written then.
 */
export async function checkDestroy(work: readonly PlannedAction[], checks: DestroyChecks): Promise<void> {
  const { journal, inventory, mappings } = checks;
  const moved: string[] = [];
  const doomed: Doomed[] = [];
  for (const { id, op, address } of work) {
    const resource = inventory.resources.get(address);
    if (op !== 'delete' || resource === undefined || journal.get(id)?.phase === 'done') continue;
    const mapping = mappings.ofDestination(resource.kind, resource.id);
    if (mapping?.origin === 'created') doomed.push({ resource, mapping });
    // Of a deletion that was begun, it shows that ours is gone and somebody made another one.
    else if (journal.get(id) === undefined) moved.push(staleLine(address, 'is not the object that this state created'));
  }
  refuseHidden(doomed, inventory);
  moved.push(...newReferrers(doomed, inventory));
  moved.push(...(await foreignRows(doomed, checks)));
  if (moved.length > 0) throw stalePlan(moved.sort());
}

function refuseHidden(doomed: readonly Doomed[], { unknown }: Inventory): void {
  for (const { resource } of doomed) {
    const failed = unknown.find((list) => mayHideReferrers(list, resource.kind));
    if (failed === undefined) continue;
    throw new BtMigrateError(listErrorCode(failed), {
      detail: `The destination could not be asked for its objects of kind ${failed.kind}, which may refer to ${resource.address} or live in it: ${failed.detail} Nothing was written.`,
      hint: 'Apply the same plan again when the list can be read.',
    });
  }
}

function newReferrers(doomed: readonly Doomed[], inventory: Inventory): string[] {
  const going = new Set(doomed.map(({ resource }) => resource));
  const referrers = referrersOf(inventory);
  return doomed.flatMap(({ resource: { address } }) =>
    (referrers.get(address) ?? [])
      .filter((referrer) => !going.has(referrer))
      .map((referrer) => staleLine(address, `${referrer.address} refers to it or lives in it now`)),
  );
}

async function foreignRows(
  doomed: readonly Doomed[],
  { destination, store, report }: Pick<DestroyChecks, 'destination' | 'store' | 'report'>,
): Promise<string[]> {
  const containers = doomed.flatMap(({ resource: { kind, id, address }, mapping: { sourceId } }) => {
    const stream = STREAM_OF[kind];
    return stream === undefined ? [] : [{ address, destination: { stream, id }, sourceId }];
  });
  const held = await countHeldRows(containers satisfies CopiedContainer[], {
    reader: destination,
    store: store.streams,
    report,
  });
  return containers.flatMap(({ address }, n) => {
    const rows = held[n];
    if (rows === undefined) return [staleLine(address, 'its rows could not be counted')];
    if (rows.notOurs === 0) return [];
    return [staleLine(address, `${rows.notOurs} of its rows ${rows.notOurs === 1 ? 'is' : 'are'} not ours now`)];
  });
}
