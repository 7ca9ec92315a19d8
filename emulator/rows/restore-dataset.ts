import type { RequestContext } from '../route.ts';
import type { ContainerRef } from './container-ref.ts';
import { parseRawObject, printRawObject } from './raw-object.ts';
import type { RowContainer } from './row-container.ts';
import { classifyName } from './row-field.ts';
import { RowScanner } from './scan-row.ts';
import { visibleSlot } from './search-rows.ts';

/** What separates a dataset from an older version of itself, as slots. */
export interface RestorePlan {
  /** Old versions that have to be written again. */
  readonly restored: readonly number[];
  /** Rows that were not there. */
  readonly deleted: readonly number[];
}

/** @param version low 48 bits of a transaction; now: milliseconds since 1970 */
export function planRestore(container: RowContainer, version: number, now: number): RestorePlan {
  const old = slotsById(container, version, now);
  const current = slotsById(container, Number.POSITIVE_INFINITY, now);
  const restored = [...old].filter(
    ([id, slot]) => contentOf(container, current.get(id)) !== contentOf(container, slot),
  );
  const deleted = [...current].filter(([id]) => !old.has(id));
  return { restored: restored.map(([, slot]) => slot), deleted: deleted.map(([, slot]) => slot) };
}

function slotsById(container: RowContainer, version: number, now: number): Map<string, number> {
  const found = new Map<string, number>();
  container.order.sort();
  for (let position = 0; position < container.order.length; position++) {
    const slot = visibleSlot(container, position, version, now);
    if (slot !== -1) found.set(idText(container, slot), slot);
  }
  return found;
}

/** What a user wrote into a row, as text; undefined when there is no row. */
function contentOf(container: RowContainer, slot: number | undefined): string | undefined {
  if (slot === undefined) return undefined;
  const members = parseRawObject(container.bytesOf(slot).toString('latin1')) ?? new Map();
  return printRawObject(new Map([...members].filter(([name]) => container.kept[classifyName(name)] === 1)));
}

function idText(container: RowContainer, slot: number): string {
  return parseRawObject(container.bytesOf(slot).toString('latin1'))?.get('id')?.value ?? '';
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
      const bytes = Buffer.from(`{"id":${idText(container, slot)},"_object_delete":true}`, 'latin1');
      scanner.scan(bytes, 0);
      transaction.write(container, bytes, scanner);
    }
    return { xact_id: transaction.xactText, rows_restored: plan.restored.length, rows_deleted: plan.deleted.length };
  });
}
