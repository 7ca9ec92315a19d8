import type { Address } from '../domain/address.ts';
import type { RunEvent } from '../domain/event.ts';
import type { SeenLimits } from './seen-limits.ts';

type CopyProgress = Extract<RunEvent, { type: 'copy_progress' }>;

/** Rates are taken over so many milliseconds. */
const RATE_MS = 10_000;
/** Streams that are told of, those with most to do first. */
const MOST_STREAMS = 8;

interface Sample {
  readonly at: number;
  readonly rows: number;
  readonly bytes: number;
}

/** Counts up, and tells how fast it did of late. */
class Counter {
  rows = 0;
  bytes = 0;
  private samples: Sample[] = [];

  constructor(now: number) {
    this.samples.push({ at: now, rows: 0, bytes: 0 });
  }

  add(rows: number, bytes: number, now: number): void {
    this.rows += rows;
    this.bytes += bytes;
    this.samples.push({ at: now, rows: this.rows, bytes: this.bytes });
    const first = this.samples.findIndex(({ at }) => at >= now - RATE_MS);
    if (first > 1) this.samples = this.samples.slice(first - 1);
  }

  /** Per second, since the oldest sample that counts. */
  rate(now: number): { readonly rows: number; readonly bytes: number } {
    const [from] = this.samples;
    if (from === undefined || now <= from.at) return { rows: 0, bytes: 0 };
    const seconds = (now - from.at) / 1000;
    return { rows: (this.rows - from.rows) / seconds, bytes: (this.bytes - from.bytes) / seconds };
  }
}

interface Stream {
  readonly total: number | null;
  /** By an earlier run. */
  readonly before: number;
  readonly counter: Counter;
}

/** Sums up events of a run into how far its rows are, all together and by stream. Times are milliseconds. */
export class RowMeter {
  private readonly all: Counter;
  private readonly limits: SeenLimits;
  private readonly streams = new Map<Address, Stream>();
  private total: number | null = null;
  private before = 0;
  private requests = 0;
  private retries = 0;
  private batch: Pick<CopyProgress, 'route' | 'batch_rows' | 'batch_bytes'> = {
    route: 'direct',
    batch_rows: 0,
    batch_bytes: 0,
  };
  private begun = false;
  private resumed = false;

  constructor(now: number, limits: SeenLimits) {
    this.all = new Counter(now);
    this.limits = limits;
  }

  take(event: RunEvent, now: number): void {
    if (event.type === 'run_started') {
      this.total = event.rows;
      this.resumed = event.resumed;
    } else if (event.type === 'request_finished') this.requests += 1;
    else if (event.type === 'retry_scheduled') this.retries += 1;
    else if (event.type === 'copy_started') {
      this.begun = true;
      this.before += event.rows_done;
      const { rows_total: total, rows_done: before } = event;
      this.streams.set(event.address, { total, before, counter: new Counter(now) });
    } else if (event.type === 'rows_copied') {
      const { address, rows, kept, bytes, route, batch_rows, batch_bytes } = event;
      this.batch = { route, batch_rows, batch_bytes };
      this.all.add(rows + kept, bytes, now);
      this.streams.get(address)?.counter.add(rows + kept, bytes, now);
    } else if (event.type === 'copy_finished') this.streams.delete(event.address);
  }

  /** Undefined before the first row is copied. */
  progress(now: number): CopyProgress | undefined {
    if (!this.begun) return undefined;
    const rate = this.all.rate(now);
    const done = this.before + this.all.rows;
    // The plan of a resumed run counts what was done before; a new plan for a copy that was left half done does not.
    const planned = this.total === null ? null : this.total + (this.resumed ? 0 : this.before);
    const total = planned === null ? null : Math.max(planned, done);
    return {
      type: 'copy_progress',
      rows_done: done,
      rows_total: total,
      bytes_done: this.all.bytes,
      rows_per_second: Math.round(rate.rows),
      bytes_per_second: Math.round(rate.bytes),
      left_ms: total === null ? null : timeFor(total - done, rate.rows),
      requests: this.requests,
      retries: this.retries,
      ...this.batch,
      ...this.limits.current(now),
      streams: this.running(now),
    };
  }

  private running(now: number): CopyProgress['streams'] {
    return [...this.streams]
      .map(([address, { total, before, counter }]) => {
        const rate = counter.rate(now);
        const done = before + counter.rows;
        return {
          address,
          rows_done: done,
          rows_total: total,
          rows_per_second: Math.round(rate.rows),
          bytes_per_second: Math.round(rate.bytes),
          left_ms: total === null ? null : timeFor(Math.max(0, total - done), rate.rows),
        };
      })
      .sort((a, b) => (b.rows_total ?? 0) - b.rows_done - ((a.rows_total ?? 0) - a.rows_done))
      .slice(0, MOST_STREAMS);
  }
}

/** Milliseconds that rows take at so many a second; null when that cannot be said. */
function timeFor(rows: number, perSecond: number): number | null {
  if (rows === 0) return 0;
  return perSecond === 0 ? null : Math.ceil((rows / perSecond) * 1000);
}
