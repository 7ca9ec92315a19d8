import type { Container, RowFilter } from '../domain/row-io.ts';
import type { FirstDifference } from '../domain/verification.ts';
import { countStreams } from '../inventory/count-streams.ts';
import type { ContainerPairOf } from './selected-pair.ts';
import type { VerifyContext } from './verify-context.ts';

/** Containers whose rows do not add up, and the time between which they were created. */
export interface Uneven {
  readonly pair: ContainerPairOf;
  readonly filter: RowFilter;
  readonly sourceRows: number;
  readonly destinationRows: number;
}

/** Halvings of the time; each takes a query a side for 25 containers. */
const ROUNDS = 10;
/** Milliseconds: what is narrower is found by looking at rows. */
const NARROWEST = 1_000;

interface Search extends Uneven {
  /** Milliseconds: rows created from `from` up to, not including, `to` do not add up. */
  from: number;
  to: number;
  source: number;
  destination: number;
}

/**
 * Narrows down when rows were created that one side has and the other has not, for all uneven containers at once: rows keep
 * `created` when they are copied, so that both sides can be counted by it.
 */
export async function findWindows(
  uneven: readonly Uneven[],
  oldest: ReadonlyMap<string, number>,
  now: number,
  context: VerifyContext,
): Promise<ReadonlyMap<string, FirstDifference>> {
  const searches = uneven.map((one): Search => {
    const { createdAfter, createdBefore } = one.filter;
    const from = createdAfter === null ? (oldest.get(one.pair.address) ?? 0) : Date.parse(createdAfter);
    const to = createdBefore === null ? now : Date.parse(createdBefore);
    return { ...one, from, to, source: one.sourceRows, destination: one.destinationRows };
  });
  for (let round = 0; round < ROUNDS; round += 1) {
    const open = searches.filter(({ from, to }) => to - from > NARROWEST);
    if (open.length === 0) break;
    await halve(open, context);
  }
  return new Map(searches.map((search) => [search.pair.address, described(search)]));
}

async function halve(searches: readonly Search[], context: VerifyContext): Promise<void> {
  const early = (search: Search): RowFilter => ({
    ...search.filter,
    createdAfter: instant(search.from),
    createdBefore: instant(middle(search)),
  });
  const count = (side: 'source' | 'destination', containerOf: (pair: ContainerPairOf) => Container) =>
    countStreams(
      searches.map((search) => ({ container: containerOf(search.pair), filter: early(search) })),
      { side, reader: context[side], report: context.report },
    );
  const [sources, destinations] = await Promise.all([
    count('source', ({ stream, sourceId }) => ({ stream, id: sourceId })),
    count('destination', ({ stream, destinationId }) => ({ stream, id: destinationId })),
  ]);
  for (const [n, search] of searches.entries()) {
    const [source, destination] = [sources[n]?.rows, destinations[n]?.rows];
    // What cannot be counted is not narrowed down any further.
    if (source === undefined || destination === undefined) search.to = search.from;
    else if (source !== destination) {
      search.to = middle(search);
      search.source = source;
      search.destination = destination;
    } else {
      search.from = middle(search);
      search.source -= source;
      search.destination -= destination;
    }
  }
}

function middle({ from, to }: Search): number {
  return Math.floor((from + to) / 2);
}

function described({ from, to, source, destination }: Search): FirstDifference {
  return {
    created_after: instant(from),
    created_before: instant(to),
    source_rows: source,
    destination_rows: destination,
  };
}

function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
