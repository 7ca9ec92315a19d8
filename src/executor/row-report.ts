import { type ActionId, actionId, type Plan, type PlannedAction } from '../domain/plan.ts';
import type { DeletedRows, RowNotes, StreamResult } from '../domain/run-summary.ts';
import type { PlannedCopy } from '../domain/stream-plan.ts';
import type { StreamRange } from '../domain/stream-state.ts';
import type { DeletedCounts } from '../domain/stream-store.ts';
import type { RangeOutcome } from '../streams/lane.ts';
import { addTally, newRowTally } from '../streams/row-tally.ts';
import { mendingId } from './mend-rows.ts';

/** Rows that copies are planned to write; null when one of them was not counted. */
export function plannedRows(actions: readonly PlannedAction[]): number | null {
  let rows = 0;
  for (const { op, after } of actions) {
    if (op !== 'copy') continue;
    const planned = (after as PlannedCopy).rows;
    if (planned === null) return null;
    rows += planned;
  }
  return rows;
}

/** What a run copied, by stream, in the order of the plan: the sums that the state keeps of its ranges. */
export function streamResults(
  plan: Plan,
  ranges: ReadonlyMap<ActionId, readonly StreamRange[]>,
): readonly StreamResult[] {
  return plan.actions
    .filter(({ op }) => op === 'copy')
    .flatMap(({ address }) => {
      const again = ranges.get(mendingId(address)) ?? [];
      const own = [...(ranges.get(actionId('copy', address)) ?? []), ...again];
      if (own.length === 0) return [];
      const sum = (count: 'rows' | 'bytes' | 'quarantined' | 'kept', of: readonly StreamRange[] = own): number =>
        of.reduce((total, range) => total + range[count], 0);
      const result = { address, rows: sum('rows'), bytes: sum('bytes'), quarantined: sum('quarantined') };
      return [
        {
          ...result,
          ...(sum('kept') === 0 ? {} : { kept: sum('kept') }),
          ...(sum('rows', again) === 0 ? {} : { mended: sum('rows', again) }),
        },
      ];
    });
}

/** What became of the rows that a plan deletes, in its order, as far as a run has come. */
export function deletionsOf(plan: Plan, deleted: ReadonlyMap<ActionId, DeletedCounts>): readonly DeletedRows[] {
  return plan.actions.flatMap(({ id, address }) => {
    const counts = deleted.get(id);
    return counts === undefined ? [] : [{ address, ...counts }];
  });
}

/** Adds what was deleted, behind what was copied. */
export function withDeleted(
  streams: readonly StreamResult[],
  deletions: readonly DeletedRows[],
): readonly StreamResult[] {
  const results = new Map(streams.map((stream) => [stream.address, stream]));
  for (const { address, rows: deleted, kept, returned } of deletions) {
    const stream = results.get(address) ?? { address, rows: 0, bytes: 0, quarantined: 0 };
    const alone = (stream.kept ?? 0) + kept;
    results.set(address, {
      ...stream,
      ...(alone === 0 ? {} : { kept: alone }),
      deleted,
      ...(returned === 0 ? {} : { returned }),
    });
  }
  return [...results.values()];
}

/** Sums up what else happened to rows in this process. */
export function rowNotes(outcomes: readonly RangeOutcome[]): RowNotes {
  const tally = newRowTally();
  for (const outcome of outcomes) addTally(tally, outcome.tally);
  const spilled = outcomes.reduce((total, outcome) => total + outcome.spilled, 0);
  const { droppedPins, unresolved } = tally.references;
  const lost = Object.entries(tally.lost).filter(([, count]) => count > 0);
  return {
    ...(spilled === 0 ? {} : { spilled }),
    ...(tally.tombstones === 0 ? {} : { deleted: tally.tombstones }),
    ...(droppedPins === 0 ? {} : { dropped_pins: droppedPins }),
    ...(unresolved.size === 0 ? {} : { unresolved: Object.fromEntries([...unresolved].sort()) }),
    ...(lost.length === 0 ? {} : { lost: Object.fromEntries(lost) }),
  };
}
