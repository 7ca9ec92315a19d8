import { setTimeout as sleep } from 'node:timers/promises';
import type { Reporter, Side } from '../domain/event.ts';
import type { Spec } from '../domain/spec.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { HostGates } from './host-gates.ts';
import type { ProxyOptions } from './open-dispatcher.ts';

export interface ConnectionsRequest {
  readonly spec: Spec;
  readonly report: Reporter;
  readonly signal: AbortSignal;
  readonly giveUp?: AbortSignal;
  readonly toolVersion: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly proxy: ProxyOptions | undefined;
}

/** What it takes to reach either organization of a spec, in real time; both share the limits of a host they share. */
export function connectionsFor(request: ConnectionsRequest): (side: Side) => ConnectionOptions {
  const { spec, report, signal, giveUp, toolVersion, now, proxy } = request;
  const clock = {
    now,
    sleep: (ms: number, wake: AbortSignal): Promise<void> => sleep(ms, undefined, { signal: wake }),
  };
  const gates = new HostGates(spec.limits.parallelism, clock, report);
  return (side) => ({
    side,
    org: spec[side],
    gates,
    requestsPerMinute: spec.limits.requestsPerMinute,
    report,
    clock,
    random: Math.random,
    signal,
    userAgent: `bt-migrate/${toolVersion}`,
    ...(giveUp === undefined ? {} : { giveUp }),
    ...(proxy === undefined ? {} : { proxy }),
  });
}
