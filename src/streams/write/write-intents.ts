import { createHash } from 'node:crypto';
import { BtMigrateError } from '../../domain/errors.ts';
import { canonicalJson } from '../../domain/json.ts';
import type { WriteIntent } from '../../domain/stream-state.ts';
import { newerXact, xactBefore } from '../../domain/xact.ts';
import type { LaneRange } from '../lane.ts';
import { normalRow } from '../normal-row.ts';
import type { LaneContainer } from './look-at-rows.ts';
import type { RowBatch } from './ready-page.ts';

/** Bytes of what is remembered of a row. */
export const MEANING_BYTES = 16;
/** Seconds by which the destination's clock may have been behind what it shows when a write gets its transaction. */
const CLOCK_SLACK = 60;

/** What a batch records before it is sent: its rows that the destination may have already. `serverTime` is its clock. */
export function intentsOf(
  { number, run }: RowBatch,
  ranges: readonly LaneRange[],
  containers: readonly LaneContainer[],
  serverTime: number,
): readonly WriteIntent[] {
  const hashes = ranges.map((): Buffer[] => []);
  for (const { source, from, to } of run.parts) {
    if (source.colliding === null) continue;
    for (let n = from; n < to; n++) {
      if (source.colliding[n] !== 1) continue;
      const row = source.bytes.subarray(source.starts[n], source.ends[n]);
      hashes[source.containers[n] as number]?.push(hashMeaning(row));
    }
  }
  const minuteAgo = xactBefore(serverTime / 1000 - CLOCK_SLACK);
  return ranges.flatMap(({ range }, n) => {
    const rows = hashes[n] as Buffer[];
    if (rows.length === 0) return [];
    const { ours } = containers[n] as LaneContainer;
    const newerThan = [...ours].reduce((newest, xact) => newerXact(newest, xact) ?? newest, minuteAgo);
    return [{ rangeId: range.id, batch: number, newerThan, rows: Buffer.concat(rows) }];
  });
}

/** A hash of what a row says, its id and container included, however the service spells it when it is read back. */
export function hashMeaning(row: Buffer): Buffer {
  return createHash('sha256').update(meaningOf(row)).digest().subarray(0, MEANING_BYTES);
}

function meaningOf(row: Buffer): string | Buffer {
  try {
    return canonicalJson(normalRow(row.toString('utf8')));
  } catch (error) {
    // What only the splicer can read comes back as it was sent, or nobody can tell whether it is the same.
    if (!(error instanceof BtMigrateError)) throw error;
    return row;
  }
}
