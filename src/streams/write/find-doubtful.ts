import { BtMigrateError } from '../../domain/errors.ts';
import { type Container, NO_FILTER } from '../../domain/row-io.ts';
import { compareXacts, xactBefore, xactBelow, xactSeconds } from '../../domain/xact.ts';
import type { LaneDeps, LaneRange } from '../lane.ts';
import { newReadConditions } from '../read/read-conditions.ts';
import { readNames } from '../read/read-names.ts';
import { type DoubtfulRow, DoubtfulRows } from './doubtful-rows.ts';
import { CLOCK_SLACK } from './write-intents.ts';

/** A range of a lane, and the destination's transactions that are ours. */
export interface RangeInDoubt extends Pick<LaneRange, 'range'> {
  readonly ours: (xact: string) => boolean;
}

/** Consecutive transactions that are not ours: bounds, the first exclusive, and the number of their rows. */
interface Span {
  readonly xactAfter: string | null;
  xactUpTo: string | null;
  rows: number;
}

/** Rows by transaction; undefined when the server did not show all of them. */
type Counts = ReadonlyMap<string, number> | undefined;

/**
 * Finds, in the destination containers of some ranges of one lane, the rows whose transactions the state does not know: two
 * queries for all of them, and the names of those rows. In the order of `ranges`; null where there are none.
 * @throws what reading the destination throws.
 */
export async function findDoubtful(
  ranges: readonly RangeInDoubt[],
  deps: LaneDeps,
): Promise<readonly (DoubtfulRows | null)[]> {
  if (ranges.length === 0) return [];
  const containers = ranges.map(({ range }) => ({ stream: range.stream, id: range.destinationContainer }));
  const totals = await deps.writer.countRows(containers.map((container) => ({ container, filter: NO_FILTER })));
  const counts = await countsOf(containers, deps);
  const doubtful: (DoubtfulRows | null)[] = [];
  for (const [n, one] of ranges.entries()) {
    const total = totals[n]?.rows ?? 0;
    const shown = counts.get(containers[n]?.id ?? '');
    doubtful.push(await doubtfulRows(one, total, isWhole(shown, total) ? shown : undefined, deps));
  }
  return doubtful;
}

/** A server that cannot group like this, or cuts its answer off, leaves all rows in doubt whose names do not say better. */
async function countsOf(
  containers: readonly Container[],
  { writer }: LaneDeps,
): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
  try {
    return await writer.countByTransaction(containers, null);
  } catch (error) {
    const isRefused =
      error instanceof BtMigrateError &&
      (error.code === 'BTM_REQUEST_REJECTED' || error.code === 'BTM_RESPONSE_UNREADABLE');
    if (!isRefused) throw error;
    return new Map();
  }
}

function isWhole(counts: Counts, total: number): boolean {
  return [...(counts?.values() ?? [])].reduce((sum, rows) => sum + rows, 0) >= total;
}

async function doubtfulRows(
  { range, ours }: RangeInDoubt,
  total: number,
  counts: Counts,
  deps: LaneDeps,
): Promise<DoubtfulRows | null> {
  if (total === 0) return null;
  const { writer: reader, window, signal, now } = deps;
  const container = { stream: range.stream, id: range.destinationContainer };
  const after = writtenAfter(range.filter.xactAfter);
  const spans =
    counts === undefined ? [{ xactAfter: after, xactUpTo: null, rows: total }] : spansOf(counts, after, ours);
  const rows = new Map<string, DoubtfulRow>();
  for (const { xactAfter, xactUpTo, rows: expected } of spans) {
    const names = readNames(
      { container, filter: { ...NO_FILTER, xactAfter, xactUpTo }, expected },
      { reader, window, conditions: newReadConditions(), signal, now },
    );
    for await (const page of names) {
      for (const { id, xact, key } of page) if (xact !== null && !ours(xact)) rows.set(id, { id, xact, key });
    }
  }
  return rows.size === 0 ? null : new DoubtfulRows(range, rows, deps);
}

/** A pass writes after the one before it had settled. Both organizations' clocks are the service's, or nearly so. */
function writtenAfter(settled: string | null): string | null {
  const seconds = settled === null ? undefined : xactSeconds(settled);
  return seconds === undefined ? null : xactBefore(seconds - CLOCK_SLACK);
}

function spansOf(counts: ReadonlyMap<string, number>, after: string | null, ours: RangeInDoubt['ours']): Span[] {
  const spans: Span[] = [];
  let open: Span | undefined;
  for (const [xact, rows] of [...counts].sort(([a], [b]) => compareXacts(a, b))) {
    if (ours(xact) || (after !== null && compareXacts(xact, after) <= 0)) open = undefined;
    else if (open === undefined) {
      open = { xactAfter: xactBelow(xact), xactUpTo: xact, rows };
      spans.push(open);
    } else {
      open.xactUpTo = xact;
      open.rows += rows;
    }
  }
  return spans;
}
