import type { Clock } from './clock.ts';
import { HostGate } from './host-gate.ts';

/** The gates of one run, one per host, so that both organizations share a gate when one host serves both. */
export class HostGates {
  readonly parallelism: number;
  private readonly clock: Clock;
  private readonly gates = new Map<string, HostGate>();

  /** `parallelism` is the most requests in flight per host (contract section 3, `limits`). */
  constructor(parallelism: number, clock: Clock) {
    this.parallelism = parallelism;
    this.clock = clock;
  }

  of(url: URL): HostGate {
    let gate = this.gates.get(url.host);
    if (gate === undefined) {
      gate = new HostGate(this.parallelism, this.clock);
      this.gates.set(url.host, gate);
    }
    return gate;
  }
}
