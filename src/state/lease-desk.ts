import type { AcquireOptions, Lease, LeaseHolder } from '../domain/state.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { StateEnvironment } from './environment.ts';
import {
  describeLease,
  freesItselfSoon,
  type LeaseWatch,
  lockedError,
  lostError,
  takeableAt,
  watchLease,
} from './lease.ts';
import type { SealedTable } from './sealed-table.ts';
import type { LeaseRow } from './state-tables.ts';

const POLL_MS = 250;
const NEVER_HELD: LeaseRow = {
  id: 1,
  token: 0,
  host: null,
  pid: 0,
  boot_id: '',
  job_url: null,
  beat_at: 0,
  beats: 0,
};

export interface LeaseDeskParts {
  readonly path: string;
  readonly table: SealedTable<LeaseRow>;
  readonly queue: CommitQueue;
  readonly environment: StateEnvironment;
}

/** Hands out the lock of one state, and keeps the ones it handed out alive. */
export class LeaseDesk {
  private readonly parts: LeaseDeskParts;
  private readonly held = new Set<Lease>();

  constructor(parts: LeaseDeskParts) {
    this.parts = parts;
  }

  /**
   * Waits up to `waitMs`, and a few seconds more when the holder appears to be dead.
   * @throws BTM_STATE_LOCKED naming the holder, or the reason of an aborted signal.
   */
  async acquire(holder: LeaseHolder, waitMs: number, options: AcquireOptions): Promise<Lease> {
    const { environment, path } = this.parts;
    const startedAt = environment.now();
    let watch: LeaseWatch | undefined;
    let announced = false;
    for (;;) {
      options.signal?.throwIfAborted();
      const now = environment.now();
      watch = watchLease(this.row(), watch, now);
      const takeable = takeableAt(watch, holder, environment);
      if (takeable <= now) {
        const token = await this.take(watch.row, holder);
        if (token !== undefined) return this.handOut(token);
        continue;
      }
      const patient = now < startedAt + waitMs || freesItselfSoon(takeable, startedAt);
      if (!patient) throw lockedError(path, watch.row, now);
      if (!announced) options.onWait?.(`Waiting for ${path}: in use by ${describeLease(watch.row, now)}.`);
      announced = true;
      await environment.sleep(Math.min(POLL_MS, takeable - now));
    }
  }

  /** Refuses a token that is not the current one; runs inside the transaction of the write it protects. */
  check(token: number): void {
    const row = this.row();
    if (row.token !== token || row.host === null) throw lostError(this.parts.path, row, this.parts.environment.now());
  }

  row(): LeaseRow {
    return this.parts.table.row({ id: 1 }) ?? NEVER_HELD;
  }

  /**
   * Frees the lock if this is still its token, which then moves on, so that its former holder cannot write any more.
   * Returns whether it did.
   */
  free(token: number): Promise<boolean> {
    return this.parts.queue.run(() => {
      const current = this.row().token === token;
      if (current) this.parts.table.put({ ...NEVER_HELD, token: token + 1 });
      return current;
    });
  }

  async releaseAll(): Promise<void> {
    await Promise.all([...this.held].map((lease) => lease.release()));
  }

  /** Undefined when somebody else was faster. */
  private take(seen: LeaseRow, holder: LeaseHolder): Promise<number | undefined> {
    const { environment, queue, table } = this.parts;
    return queue.run(() => {
      const row = this.row();
      if (row.token !== seen.token || row.beats !== seen.beats) return undefined;
      const { host, pid, bootId, jobUrl } = holder;
      const token = row.token + 1;
      table.put({ id: 1, token, host, pid, boot_id: bootId, job_url: jobUrl, beat_at: environment.now(), beats: 0 });
      return token;
    });
  }

  private handOut(token: number): Lease {
    const { environment, queue, table } = this.parts;
    const beat = () => {
      this.check(token);
      const row = this.row();
      table.put({ ...row, beat_at: environment.now(), beats: row.beats + 1 });
    };
    // A heartbeat that fails is not reported: the next write meets the same failure and says so.
    const stop = environment.every(environment.heartbeatMs, () => void queue.run(beat).catch(() => {}));
    let released: Promise<void> | undefined;
    const lease: Lease = {
      token,
      release: () => {
        released ??= this.release(lease, stop);
        return released;
      },
    };
    this.held.add(lease);
    return lease;
  }

  private async release(lease: Lease, stop: () => void): Promise<void> {
    stop();
    this.held.delete(lease);
    await this.free(lease.token);
  }
}
