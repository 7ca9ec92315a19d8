/** Time that passes only while somebody sleeps: a sleep moves the clock on and returns. */
export class VirtualClock {
  readonly naps: number[] = [];
  private time = Date.UTC(2026, 0, 1);

  now(): number {
    return this.time;
  }

  async sleep(ms: number): Promise<void> {
    this.naps.push(ms);
    const until = this.time + ms;
    // Whoever else is about to sleep does so from the same moment.
    await new Promise((resolve) => setImmediate(resolve));
    this.time = Math.max(this.time, until);
  }
}
