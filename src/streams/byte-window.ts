/**
 * How many bytes of rows may be held at once, by all lanes of a run together: pages that are being read or wait to be
 * written, and batches on their way. It bounds memory, not speed: a reader that finds no room waits until somebody gives
 * bytes back.
 *
 * No deadlock: what a lane needs next it may `take` beyond the limit, and whoever collects rows for a larger write looks
 * at `pressed` and writes what it has as soon as others wait. So at most one page a lane is held above the limit.
 */
export class ByteWindow {
  /** Bytes. */
  readonly limit: number;
  private taken = 0;
  private waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  get held(): number {
    return this.taken;
  }

  /** True while somebody waits for room. */
  get pressed(): boolean {
    return this.waiting.length > 0;
  }

  /** Takes bytes when there is room for them; a window that holds nothing has room for anything. */
  tryTake(bytes: number): boolean {
    if (this.taken > 0 && this.taken + bytes > this.limit) return false;
    this.taken += bytes;
    return true;
  }

  /** Takes bytes whether there is room or not. */
  take(bytes: number): void {
    this.taken += bytes;
  }

  /** Gives bytes back and wakes whoever waits. */
  give(bytes: number): void {
    this.taken -= bytes;
    if (this.waiting.length === 0) return;
    const woken = this.waiting;
    this.waiting = [];
    for (const wake of woken) wake();
  }

  /** Calls `wake` once, after bytes were given back; whoever still finds no room asks again. */
  onRoom(wake: () => void): void {
    this.waiting.push(wake);
  }
}
