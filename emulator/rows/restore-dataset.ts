import type { RequestContext } from '../route.ts';
import type { ContainerRef } from './container-ref.ts';
import type { RowContainer } from './row-container.ts';
import { fieldNumber } from './row-field.ts';
import { RowScanner } from './scan-row.ts';
import { visibleSlot } from './search-rows.ts';

const ID = fieldNumber('id');

/** What separates a dataset from an older version of itself, as slots. */
export interface RestorePlan {
  /** Old versions that have to be written again. */
  readonly restored: readonly number[];
  /** Rows that were not there. */
  readonly deleted: readonly number[];
}

/** @param version low 48 bits of a transaction; now: milliseconds since 1970 */
export function planRestore(container: RowContainer, version: number, now: number): RestorePlan {
  const restored: number[] = [];
  const deleted: number[] = [];
  container.order.sort();
  for (let position = 0; position < container.order.length; position++) {
    const current = visibleSlot(container, position, Number.POSITIVE_INFINITY, now);
    const old = visibleSlot(container, position, version, now);
    if (old !== -1 && current !== old) restored.push(old);
    if (old === -1 && current !== -1) deleted.push(current);
  }
  return { restored, deleted };
}

/** Writes the old content as new versions, in one transaction. */
export function restoreDataset(
  context: RequestContext,
  ref: ContainerRef,
  version: number,
): { xact_id: string; rows_restored: number; rows_deleted: number } {
  const { world } = context;
  const container = world.rows.container(ref);
  const plan = planRestore(container, version, context.now());
  const options = { nextXact: () => world.nextXact(), now: context.now(), delay: world.visibility };
  return world.rows.transact(options, (transaction) => {
    const scanner = new RowScanner();
    for (const slot of plan.restored) {
      const bytes = container.bytesOf(slot);
      scanner.scan(bytes, 0);
      transaction.write(container, bytes, scanner);
    }
    for (const slot of plan.deleted) {
      const bytes = tombstone(container, slot, scanner);
      scanner.scan(bytes, 0);
      transaction.write(container, bytes, scanner);
    }
    return { xact_id: transaction.xactText, rows_restored: plan.restored.length, rows_deleted: plan.deleted.length };
  });
}

function tombstone(container: RowContainer, slot: number, scanner: RowScanner): Buffer {
  const bytes = container.bytesOf(slot);
  scanner.scan(bytes, 0);
  const member = scanner.indexOf(ID);
  const id = bytes.toString('utf8', scanner.valueStart[member], scanner.end[member]);
  return Buffer.from(`{"id":${id},"_object_delete":true}`, 'utf8');
}
