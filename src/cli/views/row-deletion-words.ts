import { kindOf } from '../../domain/address.ts';
import { isArray, type Json } from '../../domain/json.ts';
import { isStreamKind } from '../../domain/kind.ts';
import type { PlannedAction } from '../../domain/plan.ts';
import { deletesRows, type PlannedRowDeletion } from '../../domain/stream-plan.ts';
import { clipText } from './clip-text.ts';
import { formatCount, plural } from './count-words.ts';

/** Rows that are named; the plan names every one. */
const MOST_NAMED = 10;

/** What a deletion of rows takes, or would take if nothing stopped it: `3 rows: l1, l2, l3`; nothing for any other action. */
export function rowDeletionWords({ op, address, before }: PlannedAction): string[] {
  if ((op !== 'delete' && op !== 'blocked') || !isStreamKind(kindOf(address)) || before === undefined) return [];
  const { rows, ids } = before as { rows: number; ids: Json };
  const words = `${plural(rows, 'row')} that the source no longer has`;
  // In a copy without content only their number is left.
  if (!isArray(ids) || ids.length === 0) return [words];
  const named = ids.slice(0, MOST_NAMED).map((id) => clipText(String(id)));
  const more = rows - named.length;
  return [`${words}: ${named.join(', ')}${more > 0 ? ` and ${formatCount(more)} more, see show --format json` : ''}`];
}

/** The sum of all deletions of rows: `Rows to delete: 57 rows, from 2 containers.`; nothing without one. */
export function rowDeletionSums(actions: readonly PlannedAction[]): string[] {
  const deletions = actions.filter(deletesRows);
  if (deletions.length === 0) return [];
  const rows = deletions.reduce((sum, { before }) => sum + (before as PlannedRowDeletion).rows, 0);
  return [`Rows to delete: ${plural(rows, 'row')}, from ${plural(deletions.length, 'container')}.`];
}
