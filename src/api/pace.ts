/** A longer Retry-After is the end of a window, behind which many requests are allowed at once. */
const LONGEST_INTERVAL_MS = 10_000;
/** Requests after which a learned pace is given up, to see whether the limit still is what it was. */
const TRUSTED = 30;

/**
 * Spreads requests evenly over time, so that no window of a minute holds more than allowed (plus the one at its edge).
 *
 * A server that refuses a request and names a short wait gives out permissions one by one: from then on requests go at that
 * pace, because each that comes earlier would be refused, and counted.
 */
export class Pace {
  private readonly configuredMs: number;
  private intervalMs: number;
  private trusted = 0;
  private nextAt = 0;
  /** When the server last said something, of whatever kind: only the time since then was spent waiting for a permission. */
  private heardAt: number | null = null;

  /** `requestsPerMinute` null means no limit. */
  constructor(requestsPerMinute: number | null) {
    this.configuredMs = requestsPerMinute === null ? 0 : 60_000 / requestsPerMinute;
    this.intervalMs = this.configuredMs;
  }

  /** Takes the next free place and returns the milliseconds to wait for it. */
  reserve(now: number): number {
    const at = Math.max(now, this.nextAt);
    this.nextAt = at + this.intervalMs;
    return at - now;
  }

  /** A request was answered. */
  answered(now: number): void {
    this.heardAt = now;
    if (this.trusted > 0 && --this.trusted === 0) this.intervalMs = this.configuredMs;
  }

  /** A request was refused, to be sent again after `waitMs`. */
  refused(now: number, waitMs: number): void {
    const interval = Math.max(0, now - (this.heardAt ?? now)) + waitMs;
    this.heardAt = now;
    if (interval > LONGEST_INTERVAL_MS) return;
    this.intervalMs = Math.max(this.configuredMs, interval);
    this.trusted = TRUSTED;
    this.nextAt = Math.max(this.nextAt, now + waitMs);
  }
}
