import type { Container, RowFilter } from '../domain/row-io.ts';
import type { StreamRange } from '../domain/stream-state.ts';
import { compareXacts } from '../domain/xact.ts';
import type { LaneRange } from './lane.ts';
import type { ReadRequest } from './read/read-request.ts';

/** One query for all ranges: the widest bounds of them. */
export function requestFor(ranges: readonly [LaneRange, ...LaneRange[]]): ReadRequest {
  const all = ranges.map(({ range }) => range);
  const [{ range: first }] = ranges;
  const filter: RowFilter = {
    keyAfter: extreme(
      all.map(({ position, lo }) => position ?? lo),
      lowerKey,
    ),
    keyUpTo: extreme(
      all.map(({ hi }) => hi),
      higherKey,
    ),
    xactAfter: extreme(
      all.map((range) => range.filter.xactAfter),
      olderXact,
    ),
    xactUpTo: extreme(
      all.map((range) => range.filter.xactUpTo),
      newerXactOf,
    ),
    createdAfter: first.filter.createdAfter,
    createdBefore: first.filter.createdBefore,
  };
  const [head, ...tail] = ranges.map(({ range: { stream, container: id } }) => ({ stream, id }));
  // Counts are of whole passes within their own bounds: they say nothing of the rest of one, nor of wider bounds.
  const isCounted = all.every(isUntouched) && all.every(({ filter: { xactAfter } }) => xactAfter === filter.xactAfter);
  return {
    containers: [head as Container, ...tail],
    filter,
    unserved: 'named',
    expected: isCounted ? ranges.reduce<number | null>((sum, one) => plus(sum, one.expectedRows), 0) : null,
    lastKey: extreme(
      ranges.map(({ lastKey }) => lastKey),
      higherKey,
    ),
  };
}

function isUntouched({ position, rows, quarantined, kept }: StreamRange): boolean {
  return position === null && rows + quarantined + kept === 0;
}

function plus(sum: number | null, more: number | null): number | null {
  return sum === null || more === null ? null : sum + more;
}

/** The text that wins all comparisons; null, which is an open bound, wins over all. */
function extreme(texts: readonly (string | null)[], wins: (a: string, b: string) => boolean): string | null {
  return texts.reduce(
    (best, text) => (best === null || text === null ? null : wins(text, best) ? text : best),
    texts[0] ?? null,
  );
}

const lowerKey = (a: string, b: string): boolean => a < b;
const higherKey = (a: string, b: string): boolean => a > b;
const olderXact = (a: string, b: string): boolean => compareXacts(a, b) < 0;
const newerXactOf = (a: string, b: string): boolean => compareXacts(a, b) > 0;
