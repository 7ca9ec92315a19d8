import type { PayloadLimits } from '../../domain/row-io.ts';

/** `direct`: the rows are the request. `staged`: they are uploaded first and written by a small request (fact sheet 4.5). */
export type Route = 'direct' | 'staged';

export interface BatchLimits {
  /** Of a whole body. */
  readonly bytes: number;
  readonly rows: number;
}

/** What one write showed. */
export interface Measurement {
  readonly route: Route;
  readonly bytes: number;
  /** Milliseconds that it kept the writes after it waiting. */
  readonly ms: number;
  /** Of them, those in which this process had nothing to do. */
  readonly idleMs: number;
  /** True when more rows were waiting behind it: only then its speed was the writer's. */
  readonly backlog: boolean;
}

/**
 * Bytes of the largest row that is sent. The platform takes about 20 MB through whichever route; the incumbent spills above
 * 18 MB (fact sheet 1.6, section 6).
 */
export const LARGEST_ROW = 18 * 1024 * 1024;
/** Rows of one transaction: their numbers have 16 bits (fact sheet 4.2). */
const TRANSACTION_ROWS = 65_536;
/** Measurements that make a speed. */
const ENOUGH = 3;
/**
 * Idle milliseconds of a write below which round trips are not what it waits for: a write that takes long because this
 * process is busy reading and splicing would take longer still by three requests.
 */
const SHORT_WAIT_MS = 25;
/** How much faster the staged route must be: it costs three requests a batch where the other costs one. */
const WORTHWHILE = 1.15;
/** Batches under way while rows are collected for the next: announced, uploaded and written, one each. */
const STAGED_DEPTH = 3;

/**
 * How batches are written, learnt from how long writes take; one for all lanes of a run.
 *
 * States: `direct` → `trial` → `staged` or `settled`.
 * - `direct` → `trial`: writes with others waiting behind them left this process idle for longer than a round trip on a
 *   fast network.
 * - `trial` → `staged`: batches went faster by staging; it stays.
 * - `trial` → `settled`: they did not; direct inserts for good.
 * - any → `settled`: the server does not stage batches (`not_staged`).
 */
export class WriteRoutes {
  private staged: BatchLimits;
  private directBytes: number;
  private state: 'direct' | 'trial' | 'staged' | 'settled';
  private refusedStaging = false;
  /** Of all direct writes that were measured. */
  private idleMs = 0;
  private readonly speeds = { direct: new Speed(), staged: new Speed() };

  constructor(limits: PayloadLimits, windowBytes: number) {
    this.directBytes = limits.bytes;
    // A quarter of the window, so that three batches under way leave room for the rows of the next.
    this.staged = {
      bytes: Math.max(limits.bytes, Math.floor(windowBytes / 4)),
      rows: Math.min(TRANSACTION_ROWS, limits.stagedRows),
    };
    this.state = limits.stagedRows > 0 ? 'direct' : 'settled';
  }

  get route(): Route {
    return this.state === 'trial' || this.state === 'staged' ? 'staged' : 'direct';
  }

  /** Most rows and bytes of a batch. */
  get limits(): BatchLimits {
    return this.route === 'staged' ? this.staged : this.direct;
  }

  get direct(): BatchLimits {
    return { bytes: this.directBytes, rows: TRANSACTION_ROWS };
  }

  /** False once the server said that it does not stage batches. */
  get canStage(): boolean {
    return this.staged.rows > 0 && !this.refusedStaging;
  }

  /** Batches under way from which on rows are collected until a batch is full. */
  get depth(): number {
    return this.route === 'staged' ? STAGED_DEPTH : 1;
  }

  stopStaging(): void {
    this.refusedStaging = true;
    this.state = 'settled';
  }

  /** A batch of so many bytes was too large, whatever was in it. Staged ones are pointless when they hold no more. */
  tooLarge(route: Route, bytes: number): void {
    const half = Math.max(1, Math.floor(bytes / 2));
    if (route === 'direct') this.directBytes = Math.min(this.directBytes, half);
    else if (half <= this.directBytes) this.state = 'settled';
    else this.staged = { ...this.staged, bytes: Math.min(this.staged.bytes, half) };
  }

  wrote({ route, bytes, ms, idleMs, backlog }: Measurement): void {
    if (!backlog) return;
    const { direct, staged } = this.speeds;
    if (this.state === 'direct' && route === 'direct') {
      direct.add(bytes, ms);
      this.idleMs += idleMs;
      if (direct.count >= ENOUGH && this.idleMs / direct.count >= SHORT_WAIT_MS) this.state = 'trial';
    } else if (this.state === 'trial' && route === 'staged') {
      staged.add(bytes, ms);
      // The first batch waited for its upload, which the later ones do while others are written.
      if (staged.count === ENOUGH + 1) this.state = staged.rest > direct.whole * WORTHWHILE ? 'staged' : 'settled';
    }
  }
}

/** Bytes over time of some writes. */
class Speed {
  count = 0;
  private bytes = 0;
  private ms = 0;
  private firstBytes = 0;
  private firstMs = 0;

  add(bytes: number, ms: number): void {
    if (this.count++ === 0) {
      this.firstBytes = bytes;
      this.firstMs = ms;
    }
    this.bytes += bytes;
    this.ms += ms;
  }

  /** Bytes a millisecond. */
  get whole(): number {
    return this.bytes / Math.max(1, this.ms);
  }

  /** The same without the first write. */
  get rest(): number {
    return (this.bytes - this.firstBytes) / Math.max(1, this.ms - this.firstMs);
  }
}
