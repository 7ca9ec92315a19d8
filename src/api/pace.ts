/** Spreads requests evenly over time, so that no window of a minute holds more than allowed (plus the one at its edge). */
export class Pace {
  private readonly intervalMs: number;
  private nextAt = 0;

  /** `requestsPerMinute` null means no limit. */
  constructor(requestsPerMinute: number | null) {
    this.intervalMs = requestsPerMinute === null ? 0 : 60_000 / requestsPerMinute;
  }

  /** Takes the next free place and returns the milliseconds to wait for it. */
  reserve(now: number): number {
    const at = Math.max(now, this.nextAt);
    this.nextAt = at + this.intervalMs;
    return at - now;
  }
}
