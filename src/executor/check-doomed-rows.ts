import { BtMigrateError } from '../domain/errors.ts';
import { STREAM_OF } from '../domain/kind.ts';
import type { PlannedAction } from '../domain/plan.ts';
import type { StateStore } from '../domain/state.ts';
import { countForeignRows } from '../inventory/foreign-rows.ts';
import { providerOf } from '../providers/registry.ts';
import type { RunContext } from './run-action.ts';

/**
 * Looks into a container just before it is deleted: people may have written rows to it since the plan was made.
 * @throws BTM_PLAN_STALE when it holds rows that are not ours.
 */
export async function checkDoomedRows(
  { op, address }: PlannedAction,
  store: StateStore,
  context: RunContext,
): Promise<void> {
  if (op !== 'delete') return;
  const { kind } = providerOf(address);
  const stream = STREAM_OF[kind];
  const id = context.book.id(address);
  const mapping = id === undefined ? undefined : context.mappings.ofDestination(kind, id);
  if (stream === undefined || id === undefined || mapping === undefined) return;
  const container = { destination: { stream, id }, sourceId: mapping.sourceId };
  const rows = await countForeignRows(container, context.destination, store.streams);
  if (rows === 0) return;
  throw new BtMigrateError('BTM_PLAN_STALE', {
    detail: `${address} holds ${rows} ${rows === 1 ? 'row' : 'rows'} that somebody wrote or edited since the plan was made. It was not deleted.`,
    hint: 'Look into it in the destination, and plan again.',
  });
}
