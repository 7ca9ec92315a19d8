import { drawDelay } from './faults/delay.ts';
import type { Delay } from './faults/fault-rule.ts';
import { Faults } from './faults/faults.ts';
import { Latencies } from './faults/latencies.ts';
import { seededRandom } from './faults/random.ts';
import { RateLimits } from './faults/rate-limits.ts';
import { RequestLog } from './request-log.ts';

/** Everything that disturbs or watches requests, outside the emulated service itself. */
export class Instruments {
  readonly faults = new Faults();
  readonly latencies = new Latencies();
  readonly requests = new RequestLog();
  readonly rateLimits: RateLimits;
  readonly #random = seededRandom(2);

  /** @param now milliseconds on the world's clock */
  constructor(now: () => number) {
    this.rateLimits = new RateLimits(now);
  }

  /** Draws the waiting time of one delay fault. */
  drawFault(delay: Delay): number {
    return drawDelay(delay, this.#random);
  }
}
