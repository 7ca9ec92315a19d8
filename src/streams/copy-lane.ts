import { kindsOfRowReference } from '../domain/kind.ts';
import { attachmentsOf } from './attachments-of-page.ts';
import type { LaneDeps, LaneOutcome, LaneRange } from './lane.ts';
import type { ReadPage } from './read/read-request.ts';
import { readRows } from './read/read-rows.ts';
import { type ReferenceLookup, referenceName } from './reference-lookup.ts';
import { requestFor } from './request-for.ts';
import { type SpliceRule, spliceRule } from './splice-rule.ts';
import { BatchCutter } from './write/batch-cutter.ts';
import { BatchSender, type SentRows } from './write/batch-sender.ts';
import { findKept } from './write/find-kept.ts';
import { LaneLedger } from './write/lane-ledger.ts';
import type { LaneContainer } from './write/look-at-rows.ts';
import { openContainers } from './write/open-containers.ts';
import { type PagePreparation, type PreparedPage, preparePage } from './write/prepare-page.ts';
import { QuarantineDesk } from './write/quarantine-desk.ts';
import type { ReadyPage, RowBatch } from './write/ready-page.ts';
import { intentsOf, type SpilledRow } from './write/write-intents.ts';
import { WriteQueue } from './write/write-queue.ts';
import type { Route } from './write/write-routes.ts';

/** Pages that are prepared at once where that takes requests: for attachments, and for rows that may be there. */
const PREPARED_AHEAD = 4;

/**
 * Copies the rows of some ranges, which share their stream and creation window, from where they were left: reads pages,
 * copies their attachments, splices, cuts batches, writes them in order and records each in the state. A row that the
 * destination does not take is set aside and stops nothing.
 *
 * When it throws, everything that was recorded stays so, what was under way has ended, and the same call goes on from there.
 * @throws the signal's reason, and what reading, writing and the state throw when it is not about single rows.
 */
export async function copyLane(ranges: readonly [LaneRange, ...LaneRange[]], deps: LaneDeps): Promise<LaneOutcome> {
  const { report, now } = deps;
  const startedAt = now();
  const containers = await openContainers(ranges, deps);
  for (const { range, address, expectedRows } of ranges) {
    report({ type: 'copy_started', address, rows_total: expectedRows, rows_done: range.rows });
  }
  const { outcomes } = await new Lane(ranges, containers, deps).run();
  for (const { doubtful } of containers) await doubtful?.settle();
  for (const { address, rows, bytes, quarantined, kept } of outcomes) {
    report({ type: 'copy_finished', address, rows, bytes, quarantined, kept, duration_ms: now() - startedAt });
  }
  return { ranges: outcomes };
}

/** One run of a lane: page → prepared → batch → written → recorded, each step in order. */
class Lane {
  private readonly ranges: readonly [LaneRange, ...LaneRange[]];
  private readonly containers: readonly LaneContainer[];
  private readonly deps: LaneDeps;
  private readonly ledger: LaneLedger;
  private readonly rule: SpliceRule;
  private readonly quarantine: QuarantineDesk;
  private readonly cutter: BatchCutter;
  private readonly queue: WriteQueue;
  /** Rows of batches under way that went out in another form. */
  private readonly spilled = new Map<number, readonly SpilledRow[]>();
  private readonly stop = new AbortController();
  /** Pages whose bytes are still held. */
  private readonly held = new Set<ReadPage['release']>();

  constructor(ranges: readonly [LaneRange, ...LaneRange[]], containers: readonly LaneContainer[], deps: LaneDeps) {
    const { shared, options, quarantine, report, writer, signal, now, idle } = deps;
    const { routes } = shared;
    this.ranges = ranges;
    this.containers = containers;
    this.deps = deps;
    const [{ range }] = ranges;
    const pairs = ranges.map((one) => ({
      sourceId: one.range.container,
      destinationId: one.range.destinationContainer,
    }));
    this.rule = spliceRule(range.stream, pairs, options);
    this.quarantine = new QuarantineDesk(ranges, quarantine, report);
    this.ledger = new LaneLedger(ranges, containers, routes, report);
    const destinations = containers.map(({ destination }) => destination);
    this.queue = new WriteQueue({
      sender: new BatchSender({
        writer,
        routes,
        ranges,
        containers: destinations,
        quarantine: this.quarantine,
        report,
      }),
      routes,
      order: options.order,
      signal,
      now,
      idle,
      intend: (batch) => this.intend(batch),
      intendSpilled: (batch, row) => this.intend(batch, row),
      acknowledge: (batch, sent, route) => this.acknowledge(batch, sent, route),
      onRoom: () => this.fillQueue(),
      rowsWait: () => !this.cutter.empty,
      onDisorder: () => this.distrustCommits(),
      onFailure: (error) => this.stop.abort(error),
    });
    const limits = () => (options.order === 'exact' ? routes.limits : routes.direct);
    this.cutter = new BatchCutter(limits, (batch) => this.queue.add(batch));
  }

  async run(): Promise<LaneLedger> {
    const { signal } = this.deps;
    try {
      const reading = await this.readAll().then(
        () => null,
        (error: unknown) => ({ error }),
      );
      if (!signal.aborted) {
        if (reading === null) this.cutter.finish();
        else this.cutter.flush();
      }
      await this.queue.drain();
      if (reading !== null) throw reading.error;
    } finally {
      for (const release of this.held) release();
    }
    return this.ledger;
  }

  private async readAll(): Promise<void> {
    const { reader, window, conditions, shared, signal, now, options } = this.deps;
    const { buffers } = shared;
    const either = AbortSignal.any([signal, this.stop.signal]);
    const waits = options.attachments === 'copy' || this.containers.some(({ collision }) => collision !== 'none');
    const preparing: Promise<void>[] = [];
    let before: Promise<void> = Promise.resolve();
    try {
      for await (const read of readRows(requestFor(this.ranges), {
        reader,
        window,
        buffers,
        conditions,
        signal: either,
        now,
      })) {
        before = this.addInTurn(before, this.prepare(this.hold(read)), read.recycle);
        before.catch(() => undefined);
        preparing.push(before);
        if (preparing.length >= (waits ? PREPARED_AHEAD : 1)) await preparing.shift();
        await this.queue.whenShort();
      }
    } finally {
      await Promise.allSettled(preparing);
    }
    await before;
  }

  private async addInTurn(before: Promise<void>, preparing: Promise<PreparedPage>, recycle: () => void): Promise<void> {
    const [, { page, keyOf }] = await Promise.all([before, preparing]);
    this.cutter.add(page, keyOf);
    recycle();
    this.fillQueue();
  }

  /** What waits goes out as soon as the queue could begin with it: collecting more would only leave the writer idle. */
  private fillQueue(): void {
    if (this.queue.hasRoomFor(this.cutter.bytes) && !this.deps.signal.aborted) this.cutter.flush();
  }

  /** Rows are kept in order by direct inserts alone, one after the other. */
  private distrustCommits(): void {
    const { shared, report } = this.deps;
    if (!shared.routes.canStage) return;
    shared.routes.stopStaging();
    const addresses = this.ranges.map(({ address }) => address).join(', ');
    report({
      type: 'warning',
      code: 'BTM_ROW_ORDER',
      detail: `The destination did not keep the order of staged batches of ${addresses}: some rows may stand elsewhere than in the source. The rest is written without staging.`,
    });
  }

  /** What is remembered is not the page, whose bytes are needed no longer than until it is spliced. */
  private hold({ release: give, ...read }: ReadPage): ReadPage {
    const release = (): void => {
      if (this.held.delete(release)) give();
    };
    this.held.add(release);
    return { ...read, release };
  }

  private async prepare(read: ReadPage): Promise<PreparedPage> {
    const { report, writer, lookup, options, shared, store, sought } = this.deps;
    const { containers, rule, quarantine } = this;
    let attachmentKey: ReferenceLookup['attachmentKey'] = options.attachments === 'keep' ? null : () => undefined;
    let blobs: PagePreparation['blobs'] = [];
    if (options.attachments === 'copy' && read.page.attachments !== null) {
      const wanted = attachmentsOf(read.page);
      const isTried = (key: string): boolean =>
        sought === null || sought.has(referenceName({ type: 'attachment', sourceId: key }));
      const { keys, news } = await shared.attachments.copy(new Map([...wanted].filter(([key]) => isTried(key))));
      const known = sought === null ? undefined : await store.findBlobs([...wanted.keys()]);
      attachmentKey = (key) => keys.get(key) ?? known?.get(key)?.destinationKey;
      blobs = news.map((one) => ({ ...one, row: wanted.get(one.sourceKey)?.row ?? 0 }));
    }
    return preparePage(read, {
      containers,
      rule,
      lookup: { objectId: (type, id) => lookup.objectId(type, id), attachmentKey, sought },
      findKept: (page, rows) => findKept(writer, containers, page, rows),
      quarantine,
      buffers: shared.buffers,
      blobs,
      remembers: (type) =>
        sought === null &&
        (type === 'attachment' ? options.attachments === 'copy' : kindsOfRowReference(type).length > 0),
      onBlob: (container, bytes) => {
        const { address } = this.ranges[container] as LaneRange;
        report({ type: 'attachment_copied', address, bytes });
      },
    });
  }

  private async intend(batch: RowBatch, spilled?: SpilledRow): Promise<void> {
    const { store, lease, writer } = this.deps;
    const others = [...(this.spilled.get(batch.number) ?? []), ...(spilled === undefined ? [] : [spilled])];
    if (spilled !== undefined) this.spilled.set(batch.number, others);
    const intents = intentsOf(batch, this.ranges, this.containers, writer.serverTime(), others);
    if (intents.length > 0) await store.intend(lease, intents);
  }

  private async acknowledge(batch: RowBatch, sent: SentRows, route: Route): Promise<void> {
    const { store, lease } = this.deps;
    const acks = this.ledger.acksOf(batch, sent);
    await store.ackBatch(lease, acks);
    this.spilled.delete(batch.number);
    this.ledger.add(acks, batch, sent, route);
    for (const { ours } of this.containers) for (const { xactId } of acks) if (xactId !== null) ours.add(xactId);
    for (const page of batch.opens) settle(page, 0);
    for (const { source, from, to } of batch.run.parts) settle(source, to - from);
  }
}

function settle(page: ReadyPage, rows: number): void {
  page.rowsLeft -= rows;
  if (page.rowsLeft === 0) page.release();
}
