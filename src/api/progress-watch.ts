/** The least a body must bring while it is waited for: so many bytes in so many milliseconds, or it ends. */
export interface Progress {
  readonly ms: number;
  readonly bytes: number;
}

/** A body that hardly comes. Its code is that of the system's own timeout. */
export class TooSlow extends Error {
  readonly code = 'ETIMEDOUT';

  constructor({ ms, bytes }: Progress) {
    super(`the answer brought less than ${bytes} bytes in ${ms / 1000} s`);
  }
}

/**
 * Ends the wait for a body that hardly comes. States: waiting for a piece (time counts) → the reader has it (none does) →
 * waiting …; ended from both.
 */
export class ProgressWatch {
  private readonly progress: Progress;
  private readonly onSlow: (error: TooSlow) => void;
  private state: 'waiting' | 'reading' | 'ended' = 'reading';
  private since = 0;
  private waitedMs = 0;
  private bytes = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(progress: Progress, onSlow: (error: TooSlow) => void) {
    this.progress = progress;
    this.onSlow = onSlow;
  }

  wait(): void {
    if (this.state === 'ended') return;
    this.state = 'waiting';
    this.since = performance.now();
    // One timer for many pieces: most come at once, and one for each would cost more than the piece.
    this.timer ??= setTimeout(() => this.look(), Math.ceil(this.progress.ms - this.waitedMs));
  }

  /** A piece of so many bytes came. */
  got(bytes: number): void {
    if (this.state !== 'waiting') return;
    this.state = 'reading';
    this.waitedMs += performance.now() - this.since;
    this.bytes += bytes;
    if (this.bytes >= this.progress.bytes) [this.waitedMs, this.bytes] = [0, 0];
  }

  end(): void {
    this.state = 'ended';
    clearTimeout(this.timer);
  }

  private look(): void {
    this.timer = undefined;
    if (this.state !== 'waiting') return;
    const left = this.progress.ms - this.waitedMs - (performance.now() - this.since);
    if (left > 0) this.timer = setTimeout(() => this.look(), Math.ceil(left));
    else this.onSlow(new TooSlow(this.progress));
  }
}
