import type { StagedBatch } from '../../domain/row-io.ts';
import { compareXacts, newerXact } from '../../domain/xact.ts';
import { type BatchSender, isTooLarge, type SentRows } from './batch-sender.ts';
import type { RowBatch } from './ready-page.ts';
import type { SpilledRow } from './write-intents.ts';
import type { Route, WriteRoutes } from './write-routes.ts';

/** Direct inserts under way at once when the destination's order may differ from the source's. */
const RELAXED_INSERTS = 8;

const NOTHING_SENT: SentRows = { written: [], quarantined: [], spilled: [] };

export interface QueueDeps {
  readonly sender: BatchSender;
  readonly routes: WriteRoutes;
  readonly order: 'exact' | 'relaxed';
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** Milliseconds that this process has been idle so far. */
  readonly idle: () => number;
  /** Records what a batch is about to write over. Called right before the batch is sent. */
  readonly intend: (batch: RowBatch) => Promise<void>;
  /** The same of a row of the batch that is sent in another form. Called right before it is. */
  readonly intendSpilled: (batch: RowBatch, row: SpilledRow) => Promise<void>;
  /** Records a batch that was written. Called in the order of the batches, one after the other. */
  readonly acknowledge: (batch: RowBatch, sent: SentRows, route: Route) => Promise<void>;
  /** True while there are rows that are in no batch yet. */
  readonly rowsWait: () => boolean;
  /** Called when a write or an upload has ended and rows that wait may go out. */
  readonly onRoom: () => void;
  /** Called when the destination gave a write an older transaction than one before it: its order cannot be relied on. */
  readonly onDisorder: () => void;
  /** Called once, with what ended the queue. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Writes batches in the order in which they are added and acknowledges them in that order.
 *
 * States of a batch: `waiting` → `writing` → `written` → `acknowledged`. By the staged route the upload begins at once,
 * while the batch waits; only the commit takes its turn. In exact order one batch is `writing`; in relaxed order several
 * are, and are still acknowledged in turn, so that a position never passes a batch that is not written.
 * A batch waits for its turn also while two before it on its strand are `written` and not `acknowledged`.
 * After a failure, or when asked to stop, what is `writing` ends and is acknowledged as far as its turn comes; nothing
 * else begins.
 */
export class WriteQueue {
  private readonly deps: QueueDeps;
  /** The last write of each strand; a batch begins when the one before it on its strand has ended. */
  private readonly strands: Promise<unknown>[];
  private acknowledged: Promise<void> = Promise.resolve();
  /** Acknowledgements of the batches before, the oldest first: of two for each strand. */
  private readonly recent: Promise<void>[];
  private added = 0;
  private underWay = 0;
  private uploading = 0;
  /** Newest transaction of the destination so far. */
  private lastXact: string | null = null;
  private waiting: (() => void)[] = [];
  private failure: { readonly error: unknown } | undefined;

  constructor(deps: QueueDeps) {
    this.deps = deps;
    const strands = deps.order === 'exact' ? 1 : RELAXED_INSERTS;
    this.strands = Array.from({ length: strands }, () => Promise.resolve());
    this.recent = Array.from({ length: 2 * strands }, () => Promise.resolve());
  }

  /**
   * True when rows, which would make a body of so many bytes, should not wait for more rows: nothing else is written, or
   * there are enough of them to be worth their own requests while others are.
   *
   * Commits go out one by one, so what counts is how many rows each carries: while one batch is uploaded the next is
   * collected, and both last about as long. Only full batches are uploaded side by side.
   */
  hasRoomFor(bytes: number): boolean {
    if (this.failure !== undefined) return false;
    if (this.underWay === 0) return true;
    return this.uploading === 0 && this.underWay < this.depth && bytes >= this.deps.routes.direct.bytes;
  }

  /** Resolves while no more than one batch waits for its turn: more of them would only hold memory. */
  async whenShort(): Promise<void> {
    while (this.underWay > this.depth && this.failure === undefined) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  add(batch: RowBatch): void {
    const staged = this.stage(batch);
    const route = staged === null ? 'direct' : 'staged';
    const strand = this.added++ % this.strands.length;
    this.underWay += 1;
    // A disk that is slower than the destination must not leave ever more batches written and not recorded.
    const recorded = this.recent.shift()?.catch(() => undefined);
    const turn = Promise.all([this.strands[strand], recorded]);
    const written = turn.then(() => this.write(batch, staged, route));
    this.strands[strand] = written;
    const before = this.acknowledged;
    this.acknowledged = written.then(async (sent) => {
      await before;
      await this.deps.acknowledge(batch, sent, route);
    });
    this.recent.push(this.acknowledged);
    written.catch(() => undefined);
    this.acknowledged.catch((error: unknown) => this.fail(error));
  }

  /** Waits until everything is acknowledged, or nothing goes on any more. Throws what ended the queue. */
  async drain(): Promise<void> {
    await Promise.allSettled([...this.strands, this.acknowledged]);
    if (this.failure !== undefined) throw this.failure.error;
  }

  private get depth(): number {
    const { routes, order } = this.deps;
    return order === 'exact' ? routes.depth : RELAXED_INSERTS;
  }

  /** Begins the upload of a batch, where that saves time: one that nothing is written before takes one request directly. */
  private stage({ run }: RowBatch): Promise<StagedBatch> | null {
    const { order, routes, sender, onRoom } = this.deps;
    if (order !== 'exact' || routes.route !== 'staged' || run.rows === 0 || isTooLarge(run)) return null;
    if (this.underWay === 0 && run.bytes <= routes.direct.bytes) return null;
    const staged = sender.stage(run);
    this.uploading += 1;
    const ended = (): void => {
      this.uploading -= 1;
      onRoom();
    };
    // Whoever takes the turn of this batch sees the error; until then nobody does.
    staged.then(ended, ended);
    return staged;
  }

  private async write(batch: RowBatch, staged: Promise<StagedBatch> | null, route: Route): Promise<SentRows> {
    const { sender, routes, order, signal, now, idle, intend, intendSpilled, onRoom, rowsWait } = this.deps;
    if (this.failure !== undefined) throw this.failure.error;
    signal.throwIfAborted();
    const { run } = batch;
    await intend(batch);
    const startedAt = now();
    const idleBefore = idle();
    const sent = run.rows === 0 ? NOTHING_SENT : await sender.send(run, staged, (row) => intendSpilled(batch, row));
    if (order === 'exact') this.checkOrder(sent);
    this.underWay -= 1;
    const backlog = this.underWay > 0 || rowsWait();
    const measured = { route, bytes: run.bytes, ms: now() - startedAt, idleMs: idle() - idleBefore, backlog };
    if (run.rows > 0) routes.wrote(measured);
    onRoom();
    this.wake();
    return sent;
  }

  /** That a commit comes after all that was written before is only believed as long as transactions show it. */
  private checkOrder({ written }: SentRows): void {
    for (const { xactId } of written) {
      if (xactId === null) continue;
      if (this.lastXact !== null && compareXacts(xactId, this.lastXact) < 0) this.deps.onDisorder();
      this.lastXact = newerXact(this.lastXact, xactId);
    }
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private fail(error: unknown): void {
    if (this.failure !== undefined) return;
    this.failure = { error };
    this.deps.onFailure(error);
    this.wake();
  }
}
