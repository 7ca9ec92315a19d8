import { drawDelay } from './delay.ts';
import type { Delay } from './fault-rule.ts';
import { seededRandom } from './random.ts';
import type { RouteClass } from './route-class.ts';

export type LatencyTable = Readonly<Partial<Record<RouteClass | 'all', Delay>>>;

/** Added waiting time per route class; `all` counts where a class has none of its own. The same seed gives the same delays. */
export class Latencies {
  #table: LatencyTable = {};
  #random = seededRandom(1);

  set(table: LatencyTable, seed = 1): void {
    this.#table = table;
    this.#random = seededRandom(seed);
  }

  get(): LatencyTable {
    return this.#table;
  }

  /** Milliseconds to wait for one request. */
  draw(routeClass: RouteClass): number {
    const delay = this.#table[routeClass] ?? this.#table.all;
    return delay === undefined ? 0 : drawDelay(delay, this.#random);
  }
}
