import type { Reporter } from '../domain/event.ts';
import type { Clock } from './clock.ts';
import { HostGate } from './host-gate.ts';

/** The gates of one run, one per host, so that both organizations share a gate when one host serves both. */
export class HostGates {
  readonly parallelism: number;
  private readonly clock: Clock;
  private readonly report: Reporter;
  private readonly gates = new Map<string, HostGate>();

  /** `parallelism` is the most requests in flight per host (contract section 3, `limits`). */
  constructor(parallelism: number, clock: Clock, report: Reporter = () => undefined) {
    this.parallelism = parallelism;
    this.clock = clock;
    this.report = report;
  }

  of(url: URL): HostGate {
    let gate = this.gates.get(url.host);
    if (gate === undefined) {
      const { host } = url;
      gate = new HostGate(this.parallelism, this.clock, (limits) =>
        this.report({ type: 'host_limits', host, ...limits }),
      );
      this.gates.set(url.host, gate);
    }
    return gate;
  }
}
