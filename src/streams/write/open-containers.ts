import type { LaneDeps, LaneRange } from '../lane.ts';
import { newRowTally } from '../row-tally.ts';
import type { DoubtfulRows } from './doubtful-rows.ts';
import { findDoubtful, type RangeInDoubt } from './find-doubtful.ts';
import type { LaneContainer } from './look-at-rows.ts';
import { RowBounds } from './row-bounds.ts';
import { type SettledIntents, settleIntents } from './settle-intents.ts';
import { HashSet64 } from './window-hash.ts';

/**
 * The containers of a lane with what the state and, of ranges in doubt, the destination tell of their past.
 * @throws what reading the destination and the state throw.
 */
export async function openContainers(ranges: readonly LaneRange[], deps: LaneDeps): Promise<LaneContainer[]> {
  const pasts = await Promise.all(ranges.map((one) => pastOf(one, deps)));
  const inDoubt = pasts.filter(({ isInDoubt }) => isInDoubt);
  const found = await findDoubtful(inDoubt, deps);
  const doubtful = new Map(inDoubt.map((past, n) => [past, found[n] ?? null]));
  return Promise.all(
    ranges.map((one, n) => {
      const past = pasts[n] as Past;
      return laneContainer(one, ranges.length, past, doubtful.get(past) ?? null, deps);
    }),
  );
}

/** What the state tells of what earlier attempts wrote. */
interface Past extends SettledIntents, RangeInDoubt {
  readonly isInDoubt: boolean;
  readonly xacts: ReadonlySet<string>;
}

async function pastOf({ range, collision, isInDoubt }: LaneRange, deps: LaneDeps): Promise<Past> {
  const intents = await settleIntents(range, deps);
  const isAsked = collision !== null || isInDoubt;
  const xacts = isAsked
    ? await deps.store.writtenXacts({ stream: range.stream, id: range.container })
    : new Set<string>();
  return {
    ...intents,
    range,
    isInDoubt,
    xacts,
    ours: (xact) => xacts.has(xact) || intents.open?.ours.has(xact) === true,
  };
}

async function laneContainer(
  { range, collision }: LaneRange,
  ranges: number,
  { touched, open: openIntents, xacts }: Past,
  doubtful: DoubtfulRows | null,
  { store, sought }: LaneDeps,
): Promise<LaneContainer> {
  const { stream, container, destinationContainer } = range;
  // Rows that were written before are known, and are to be written again.
  const hashes = sought === null ? await store.windowHashes({ stream, id: container }) : Buffer.alloc(0);
  return {
    destination: { stream, id: destinationContainer },
    bounds: ranges > 1 ? new RowBounds(range) : null,
    settled: Buffer.from(range.settled),
    known: hashes.length === 0 ? null : new HashSet64(hashes),
    touched: touched.size === 0 || collision === null ? null : touched,
    doubtful,
    collision: collision === null ? 'none' : collision.upTo === null ? 'all' : Buffer.from(collision.upTo),
    ours: new Set(xacts),
    openIntents,
    tally: newRowTally(),
  };
}
