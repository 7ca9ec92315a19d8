import { BtMigrateError } from '../domain/errors.ts';
import { STREAM_OF } from '../domain/kind.ts';
import type { PlannedAction } from '../domain/plan.ts';
import { countHeldRows, type RowCounting } from '../inventory/held-rows.ts';
import { providerOf } from '../providers/registry.ts';
import type { RunContext } from './run-action.ts';

/**
 * Looks into a container just before it is deleted: people may have written rows to it since the plan was made.
 * @throws BTM_PLAN_STALE when it holds rows that are not ours, or nobody can tell.
 */
export async function checkDoomedRows(
  { op, address }: PlannedAction,
  context: RunContext,
  { store, report }: Omit<RowCounting, 'reader'>,
): Promise<void> {
  if (op !== 'delete') return;
  const { kind } = providerOf(address);
  const stream = STREAM_OF[kind];
  const id = context.book.id(address);
  const mapping = id === undefined ? undefined : context.mappings.ofDestination(kind, id);
  if (stream === undefined || id === undefined || mapping === undefined) return;
  const container = { destination: { stream, id }, sourceId: mapping.sourceId };
  const [held] = await countHeldRows([container], { reader: context.destination, store, report });
  if (held?.notOurs === 0) return;
  throw new BtMigrateError('BTM_PLAN_STALE', {
    detail:
      held === undefined
        ? `The rows of ${address} could not be counted, so nobody can tell whether they are ours. It was not deleted.`
        : `${address} holds ${held.notOurs} ${held.notOurs === 1 ? 'row' : 'rows'} that somebody wrote or edited since the plan was made. It was not deleted.`,
    hint: 'Look into it in the destination, and plan again.',
  });
}
