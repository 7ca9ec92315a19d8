import type { Reporter } from '../../domain/event.ts';
import type { BatchAck, QuarantinedRow } from '../../domain/stream-state.ts';
import { newerXact } from '../../domain/xact.ts';
import type { LaneRange, RangeOutcome } from '../lane.ts';
import { RowDigest } from '../row-digest.ts';
import type { SentRows } from './batch-sender.ts';
import type { LaneContainer } from './look-at-rows.ts';
import type { ReadyPage, RowBatch } from './ready-page.ts';
import type { RowRun } from './row-batch.ts';
import { HASH_BYTES } from './window-hash.ts';
import type { Route, WriteRoutes } from './write-routes.ts';

type Writable<T> = { -readonly [name in keyof T]: T[name] };

const NO_HASHES = Buffer.alloc(0);

/** Turns batches that were sent into what the state records of each range, and adds up what a lane did. */
export class LaneLedger {
  readonly outcomes: readonly Writable<RangeOutcome>[];
  private readonly containers: readonly LaneContainer[];
  private readonly routes: WriteRoutes;
  private readonly report: Reporter;

  constructor(
    ranges: readonly LaneRange[],
    containers: readonly LaneContainer[],
    routes: WriteRoutes,
    report: Reporter,
  ) {
    this.containers = containers;
    this.routes = routes;
    this.report = report;
    this.outcomes = ranges.map(({ range, address }, n) => ({
      range,
      address,
      rows: 0,
      bytes: 0,
      quarantined: 0,
      kept: 0,
      known: 0,
      spilled: 0,
      newestXact: null,
      destinationXact: null,
      tally: (containers[n] as LaneContainer).tally,
    }));
  }

  /**
   * What one batch records: an entry for each write and range, because each write has a transaction of its own, and one for
   * each range with its position and what its pages said besides rows.
   */
  acksOf(batch: RowBatch, sent: SentRows): readonly BatchAck[] {
    const acks = sent.written.flatMap(({ run, xactId }) => this.writtenAcks(run, xactId));
    const quarantined = this.outcomes.map((): QuarantinedRow[] => []);
    const asideLate = this.outcomes.map((): Buffer[] => []);
    for (const { run, item } of sent.quarantined) {
      quarantined[containerOf(run)]?.push(item);
      // The next pass leaves it alone as it does what was written: trying again is up to whoever mends it.
      asideLate[containerOf(run)]?.push(...lateHashes(run));
    }
    for (const [n, { range }] of this.outcomes.entries()) {
      const news = batch.opens.map((page) => page.news[n]).filter((one) => one !== undefined);
      for (const one of news) quarantined[n]?.push(...one.quarantined);
      acks.push({
        rangeId: range.id,
        upTo: batch.upTo,
        rows: 0,
        bytes: 0,
        kept: news.reduce((sum, { kept }) => sum + kept, 0),
        digest: null,
        xactId: null,
        newestXact: news.reduce<string | null>((newest, one) => newerXact(newest, one.newestXact), null),
        window: Buffer.concat([...news.flatMap(({ window }) => window), ...(asideLate[n] ?? [])]),
        windowNewest: news.reduce<string | null>((newest, one) => newerXact(newest, one.windowNewest), null),
        quarantined: quarantined[n] ?? [],
        unresolved: news.flatMap(({ unresolved }) => unresolved),
        intended: intendedNumber(this.containers[n], batch),
      });
    }
    return acks;
  }

  /** Adds a batch that the state has recorded, and tells of it. */
  add(acks: readonly BatchAck[], batch: RowBatch, sent: SentRows, route: Route): void {
    const { rows: batch_rows, bytes: batch_bytes } = this.routes.limits;
    for (const outcome of this.outcomes) {
      const own = acks.filter(({ rangeId }) => rangeId === outcome.range.id);
      const rows = own.reduce((sum, ack) => sum + ack.rows, 0);
      const bytes = own.reduce((sum, ack) => sum + ack.bytes, 0);
      const kept = own.reduce((sum, ack) => sum + ack.kept, 0);
      outcome.rows += rows;
      outcome.bytes += bytes;
      outcome.kept += kept;
      for (const { newestXact, xactId, quarantined } of own) {
        outcome.quarantined += quarantined.length;
        outcome.newestXact = newerXact(outcome.newestXact, newestXact);
        outcome.destinationXact = newerXact(outcome.destinationXact, xactId);
      }
      const { address } = outcome;
      if (rows + kept === 0) continue;
      this.report({ type: 'rows_copied', address, rows, bytes, kept, route, batch_rows, batch_bytes });
    }
    for (const container of sent.spilled) (this.outcomes[container] as Writable<RangeOutcome>).spilled += 1;
    for (const { news } of batch.opens) {
      for (const [n, { known }] of news.entries()) (this.outcomes[n] as Writable<RangeOutcome>).known += known;
    }
  }

  private writtenAcks(run: RowRun<ReadyPage>, xactId: string | null): BatchAck[] {
    const sums = this.outcomes.map(() => ({ rows: 0, bytes: 0, late: [] as Buffer[], digest: new RowDigest() }));
    const isAlone = sums.length === 1;
    for (const { source, from, to } of run.parts) {
      // Rows of one container stand side by side as they are sent: one piece.
      if (isAlone) sums[0]?.digest.add(source.bytes, source.starts[from] as number, source.ends[to - 1] as number);
      for (let n = from; n < to; n++) {
        const sum = sums[source.containers[n] as number] as (typeof sums)[number];
        sum.rows += 1;
        if (!isAlone) sum.digest.add(source.bytes, source.starts[n] as number, source.ends[n] as number);
        sum.bytes += (source.ends[n] as number) - (source.starts[n] as number);
      }
      forEachLate(source, from, to, (container, hashes) => sums[container]?.late.push(hashes));
    }
    return sums.flatMap(({ rows, bytes, late, digest }, n) =>
      rows === 0
        ? []
        : [{ ...this.emptyAck(n), rows, bytes, xactId, digest: digest.finish(), window: Buffer.concat(late) }],
    );
  }

  private emptyAck(container: number): BatchAck {
    return {
      rangeId: (this.outcomes[container] as RangeOutcome).range.id,
      upTo: null,
      rows: 0,
      bytes: 0,
      kept: 0,
      digest: null,
      xactId: null,
      newestXact: null,
      window: NO_HASHES,
      windowNewest: null,
      quarantined: [],
      unresolved: [],
      intended: null,
    };
  }
}

function lateHashes({ parts }: RowRun<ReadyPage>): Buffer[] {
  const found: Buffer[] = [];
  for (const { source, from, to } of parts) forEachLate(source, from, to, (_, hashes) => found.push(hashes));
  return found;
}

/** Hands out the hashes of late rows, those of neighbours of one container in one piece. */
function forEachLate(
  { late, containers }: ReadyPage,
  from: number,
  to: number,
  each: (container: number, hashes: Buffer) => void,
): void {
  if (late === null) return;
  for (let n = from; n < to; n++) {
    if (late.flags[n] !== 1) continue;
    const first = n;
    const container = containers[first] as number;
    while (n + 1 < to && late.flags[n + 1] === 1 && containers[n + 1] === container) n += 1;
    each(container, late.hashes.subarray(first * HASH_BYTES, (n + 1) * HASH_BYTES));
  }
}

function containerOf({ parts }: RowRun): number {
  const { source, from } = parts[0] as RowRun['parts'][number];
  return source.containers[from] as number;
}

/** As `intentsOf` numbered the batch. */
function intendedNumber(container: LaneContainer | undefined, { number }: RowBatch): number | null {
  if (container?.collision === 'none') return null;
  return number + (container?.openIntents?.nextBatch ?? 0);
}
