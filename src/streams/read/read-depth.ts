/** Shorter waits (milliseconds) are not worth more than the next page being on its way. */
const NOTEWORTHY_MS = 25;
/** How much of an average an old value keeps. */
const MEMORY = 0.75;

/**
 * How many pages to read at once, by Little's law: as many as the consumer uses up in the time that one takes to come.
 * Times are milliseconds.
 */
export class ReadDepth {
  private readonly most: number;
  /** The fastest of the recent reads: what is above it is our own waiting and nothing that more reads would shorten. */
  private latency = 0;
  private use = 0;

  constructor(most: number) {
    this.most = most;
  }

  /** A page came after `ms`. */
  read(ms: number): void {
    this.latency = this.latency === 0 ? ms : Math.min(ms, this.latency * 1.1);
  }

  /** The consumer came back for the next page after `ms`. */
  used(ms: number): void {
    this.use = this.use === 0 ? ms : this.use * MEMORY + ms * (1 - MEMORY);
  }

  get pages(): number {
    if (this.latency < NOTEWORTHY_MS) return 1;
    if (this.use === 0) return this.most;
    return Math.max(1, Math.min(this.most, Math.ceil(this.latency / this.use)));
  }
}
