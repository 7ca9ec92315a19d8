import type { WriteIntent } from '../../domain/stream-state.ts';
import { newerXact, xactBefore } from '../../domain/xact.ts';
import type { LaneRange } from '../lane.ts';
import type { LaneContainer } from './look-at-rows.ts';
import type { RowBatch } from './ready-page.ts';
import { hashMeaning } from './row-meaning.ts';

/** Seconds by which the destination's clock may have been behind what it shows when a write gets its transaction. */
export const CLOCK_SLACK = 60;

/**
 * What a batch records before it is sent, of each container of which the destination may have some of its rows already: all
 * of its rows, because they get one transaction, which is ours only if it wrote nothing else. `serverTime` is the
 * destination's clock; `spilled` are the rows of the batch as they are sent instead, some of their fields attachments.
 */
export function intentsOf(
  { number, run }: RowBatch,
  ranges: readonly LaneRange[],
  containers: readonly LaneContainer[],
  serverTime: number,
  spilled: readonly SpilledRow[],
): readonly WriteIntent[] {
  const hashes = ranges.map((): Buffer[] => []);
  const concerned = containersThatCollide(run);
  for (const { source, from, to } of concerned.size === 0 ? [] : run.parts) {
    for (let n = from; n < to; n++) {
      const container = source.containers[n] as number;
      if (!concerned.has(container)) continue;
      const row = source.bytes.subarray(source.starts[n], source.ends[n]);
      hashes[container]?.push(hashMeaning(row));
    }
  }
  for (const { container, bytes } of spilled) if (concerned.has(container)) hashes[container]?.push(hashMeaning(bytes));
  const minuteAgo = xactBefore(serverTime / 1000 - CLOCK_SLACK);
  return ranges.flatMap(({ range }, n) => {
    const rows = hashes[n] as Buffer[];
    if (rows.length === 0) return [];
    const { ours, openIntents } = containers[n] as LaneContainer;
    const newerThan = [...ours].reduce((newest, xact) => newerXact(newest, xact) ?? newest, minuteAgo);
    return [{ rangeId: range.id, batch: number + (openIntents?.nextBatch ?? 0), newerThan, rows: Buffer.concat(rows) }];
  });
}

/** A row without its largest fields; `container` is its place in the lane. */
export interface SpilledRow {
  readonly container: number;
  readonly bytes: Buffer;
}

function containersThatCollide({ parts }: RowBatch['run']): ReadonlySet<number> {
  const found = new Set<number>();
  for (const { source, from, to } of parts) {
    if (source.colliding === null) continue;
    for (let n = from; n < to; n++) if (source.colliding[n] === 1) found.add(source.containers[n] as number);
  }
  return found;
}
