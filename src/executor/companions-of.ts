import { kindOf } from '../domain/address.ts';
import type { PlannedAction } from '../domain/plan.ts';
import type { PlannedCopy } from '../domain/stream-plan.ts';

/** Containers of one query (fact sheet 5.3). */
const MOST_CONTAINERS = 25;
/** Rows that containers may have to share a lane, each, and all together: about four full pages. */
const SMALL_ROWS = 1000;
const MOST_ROWS = 4000;

/**
 * Chooses which of the other ready copies run in one lane with the first: small containers of the same stream that are
 * copied for the first time. One query then reads them all, which matters where queries are limited or far away.
 */
export function companionsOf(first: PlannedAction, ready: Iterable<PlannedAction>): PlannedAction[] {
  const companions: PlannedAction[] = [];
  let rows = smallRows(first);
  if (rows === undefined) return companions;
  for (const action of ready) {
    if (kindOf(action.address) !== kindOf(first.address)) continue;
    const more = smallRows(action);
    if (more === undefined || rows + more > MOST_ROWS) continue;
    companions.push(action);
    rows += more;
    if (companions.length + 1 === MOST_CONTAINERS) break;
  }
  return companions;
}

/** Undefined for what is not small, and for what nobody counted. */
function smallRows({ op, after }: PlannedAction): number | undefined {
  if (op !== 'copy') return undefined;
  const { pass, counted } = after as PlannedCopy;
  return pass === 'first' && counted !== null && counted <= SMALL_ROWS ? counted : undefined;
}
