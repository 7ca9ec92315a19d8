import type { FaultRule } from '../../emulator/faults/fault-rule.ts';
import type { Chance } from '../support/random-org.ts';

/** When the tool is killed: so many milliseconds after its start, or at a write of its own, before or after its effect. */
export type Kill =
  | { readonly at: 'moment'; readonly milliseconds: number }
  | { readonly at: 'write'; readonly number: number; readonly when: 'before' | 'after' };

/** What one attempt of the tool is put through. */
export interface Disturbance {
  readonly kill: Kill | undefined;
  /** Milliseconds after which the server is killed; it comes back at once. */
  readonly killServerAfter: number | undefined;
  readonly faults: readonly FaultRule[];
  readonly flags: readonly string[];
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
  const kills = chance.below(10);
  return {
    kill: kills < 5 ? { at: 'moment', milliseconds: moment() } : kills < 9 ? atWrite(chance) : undefined,
    killServerAfter: chance.below(10) < 2 ? moment() : undefined,
    faults: Array.from({ length: chance.below(4) }, () => ({
      match: { method: chance.pick(['POST', 'POST', 'PATCH', 'GET']) ?? 'POST' },
      after: chance.below(60),
      times: 1 + chance.below(3),
      action: chance.pick(ACTIONS) ?? { type: 'status', status: 503 },
    })),
    flags: [],
  };
}

/**
 * Nothing but kills, one worker, and every write in its turn: an attempt that is killed before the effect of its first
 * write comes no further, the next one is killed after that effect, and so is every step of the journal between them.
 */
export function nextStep(attempt: number): Disturbance {
  return {
    kill: { at: 'write', number: 0, when: attempt % 2 === 1 ? 'before' : 'after' },
    killServerAfter: undefined,
    faults: [],
    flags: ['--parallelism', '1'],
  };
}

function atWrite(chance: Chance): Kill {
  return { at: 'write', number: chance.below(12), when: chance.pick(['before', 'after'] as const) ?? 'after' };
}
