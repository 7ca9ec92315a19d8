import type { FaultRule } from '../../emulator/faults/fault-rule.ts';
import type { Chance } from '../support/random-org.ts';

/** What one attempt of the tool is put through. */
export interface Disturbance {
  /** Milliseconds after its start at which the tool is killed; undefined lets it run. */
  readonly killAfter: number | undefined;
  /** The same for the server, which comes back at once. */
  readonly killServerAfter: number | undefined;
  readonly faults: readonly FaultRule[];
}

const ACTIONS: readonly FaultRule['action'][] = [
  { type: 'status', status: 429, retryAfter: 0.05 },
  { type: 'status', status: 429 },
  { type: 'status', status: 500 },
  { type: 'status', status: 502, body: '<html>Bad gateway</html>' },
  { type: 'status', status: 503 },
  { type: 'status', status: 504 },
  { type: 'reset', when: 'before' },
  { type: 'reset', when: 'after' },
  { type: 'reset', when: 'after' },
  { type: 'truncate', bytes: 20 },
  { type: 'delay', delay: { min: 1, max: 100 } },
];

/** `quiet` is the milliseconds an undisturbed run takes. */
export function disturbance(chance: Chance, quiet: number): Disturbance {
  const moment = (): number => Math.floor((quiet * chance.below(1000)) / 1000);
  return {
    killAfter: chance.below(10) < 9 ? moment() : undefined,
    killServerAfter: chance.below(10) < 2 ? moment() : undefined,
    faults: Array.from({ length: chance.below(4) }, () => ({
      match: { method: chance.pick(['POST', 'POST', 'PATCH', 'GET']) ?? 'POST' },
      after: chance.below(60),
      times: 1 + chance.below(3),
      action: chance.pick(ACTIONS) ?? { type: 'status', status: 503 },
    })),
  };
}
