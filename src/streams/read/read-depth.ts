/** Shorter waits (milliseconds) are not worth more than the next page being on its way. */
const NOTEWORTHY_MS = 25;
/** Pages wait behind an earlier one that is late, and come late themselves when many do: as many again are asked for. */
const SLACK = 2;
/** Pages over which the consumer's pace is averaged: it takes several at once and then writes for a while. */
const AVERAGED = 24;

/**
 * How many pages to read at once, by Little's law: as many as the consumer uses up in the time that one takes to come.
 * Times are milliseconds.
 */
export class ReadDepth {
  private readonly most: number;
  /** The fastest of the recent reads: what is above it is our own waiting and nothing that more reads would shorten. */
  private latency = 0;
  private use = 0;
  private uses = 0;

  constructor(most: number) {
    this.most = most;
  }

  /** A page came after `ms`. */
  read(ms: number): void {
    this.latency = this.latency === 0 ? ms : Math.min(ms, this.latency * 1.1);
  }

  /** The consumer came back for the next page after `ms`. */
  used(ms: number): void {
    this.uses = Math.min(AVERAGED, this.uses + 1);
    this.use += (ms - this.use) / this.uses;
  }

  /** True where a page takes its time to come, so that it should be asked for before anything else is done. */
  get isFar(): boolean {
    return this.latency >= NOTEWORTHY_MS;
  }

  get pages(): number {
    if (!this.isFar) return 1;
    return this.use === 0 ? this.most : Math.max(1, Math.min(this.most, Math.ceil((SLACK * this.latency) / this.use)));
  }
}
