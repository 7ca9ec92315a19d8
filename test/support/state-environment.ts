import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import type { StateEnvironment } from '../../src/state/environment.ts';

export interface TestEnvironment extends StateEnvironment {
  /** Moves the clock; nothing else happens. */
  advance(ms: number): void;
  /** Lets every holder send one sign of life. */
  beat(): void;
  readonly alive: Set<number>;
  /** What else happens in the world while somebody sleeps. */
  readonly during: { sleep: () => void };
}

/** A world in which time passes only when somebody sleeps or a test says so. */
export function testEnvironment(): TestEnvironment {
  let time = Date.parse('2026-03-02T09:00:00Z');
  let uuids = 0;
  const beats = new Set<() => void>();
  const alive = new Set<number>();
  const during = { sleep: () => {} };
  return {
    now: () => time,
    sleep: async (ms) => {
      time += ms;
      during.sleep();
      await turnOfTheEventLoop();
    },
    every: (_ms, call) => {
      beats.add(call);
      return () => beats.delete(call);
    },
    uuid: () => {
      uuids += 1;
      return `00000000-0000-4000-8000-${String(uuids).padStart(12, '0')}`;
    },
    randomHex: (bytes) => 'a7'.repeat(bytes),
    isProcessAlive: (pid) => alive.has(pid),
    heartbeatMs: 5_000,
    advance: (ms) => {
      time += ms;
    },
    beat: () => {
      for (const call of beats) call();
    },
    alive,
    during,
  };
}
