import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { BtMigrateError } from '../domain/errors.ts';
import { HostGate, type Load, type Ticket } from './host-gate.ts';
import { HostGates } from './host-gates.ts';
import { Pace } from './pace.ts';

const UNPACED: readonly Pace[] = [];
const never = new AbortController().signal;

/** Everything that can enter at once, in order; `wanted` more requests stand before the gate. */
async function crowd(gate: HostGate, wanted: number, signal: AbortSignal = never) {
  const inside: Ticket[] = [];
  const outcomes = Array.from({ length: wanted }, () =>
    gate.enter(UNPACED, signal, false).then((ticket) => {
      inside.push(ticket);
    }),
  );
  await settled();
  return { inside, outcomes };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets everybody inside finish and come to rest, `rounds` times. */
async function finish(gate: HostGate, inside: Ticket[], load: Load, rounds = 1): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    for (const ticket of inside.splice(0)) gate.leave(ticket, load);
    await settled();
  }
}

describe('a gate', () => {
  test('starts small and grows with every answer up to the parallelism', async () => {
    const gate = new HostGate(32, new VirtualClock());
    const { inside } = await crowd(gate, 200);
    expect(inside).toHaveLength(8);
    await finish(gate, inside, 'normal');
    expect(inside).toHaveLength(16);
    await finish(gate, inside, 'normal', 2);
    expect(inside).toHaveLength(32);
    await finish(gate, inside, 'normal');
    expect(inside).toHaveLength(32);
  });

  test('tells what it lets in at once whenever that changes, and how long it waits', async () => {
    const clock = new VirtualClock();
    const told: unknown[] = [];
    const gate = new HostGate(9, clock, ({ in_flight, wait_ms }) => told.push([in_flight, wait_ms]));
    const { inside } = await crowd(gate, 60);
    await finish(gate, inside, 'normal');
    await finish(gate, inside, 'congested');
    gate.pause(1_725);
    // The longer wait counts.
    gate.pause(400);
    expect(told).toEqual([
      [9, 0],
      [4, 0],
      [4, 1_725],
    ]);
  });

  test('never lets more in than the parallelism, however small', async () => {
    const gate = new HostGate(2, new VirtualClock());
    const { inside } = await crowd(gate, 10);
    expect(inside).toHaveLength(2);
    await finish(gate, inside, 'normal', 3);
    expect(inside).toHaveLength(2);
  });

  test('halves once for everything that was in flight, then grows by one a round', async () => {
    const gate = new HostGate(32, new VirtualClock());
    const { inside } = await crowd(gate, 400);
    await finish(gate, inside, 'normal', 2);
    expect(inside).toHaveLength(32);
    await finish(gate, inside, 'congested');
    expect(inside).toHaveLength(16);
    await finish(gate, inside, 'normal');
    // Sixteen answers at a limit of sixteen grow it by one, less what rounding keeps back.
    expect(inside).toHaveLength(16);
    await finish(gate, inside, 'normal');
    expect(inside).toHaveLength(17);
  });

  test('keeps one request going, however congested', async () => {
    const gate = new HostGate(8, new VirtualClock());
    const { inside } = await crowd(gate, 60);
    await finish(gate, inside, 'congested', 6);
    expect(inside).toHaveLength(1);
  });

  test('learns nothing from a connection that failed', async () => {
    const gate = new HostGate(32, new VirtualClock());
    const { inside } = await crowd(gate, 60);
    await finish(gate, inside, 'unknown');
    expect(inside).toHaveLength(8);
  });

  test('lets those who try again go first', async () => {
    const gate = new HostGate(1, new VirtualClock());
    const ticket = await gate.enter(UNPACED, never, false);
    const order: string[] = [];
    const first = gate.enter(UNPACED, never, false).then((next) => {
      order.push('new');
      gate.leave(next, 'normal');
    });
    await settled();
    const again = gate.enter(UNPACED, never, true).then((next) => {
      order.push('again');
      gate.leave(next, 'normal');
    });
    await settled();
    gate.leave(ticket, 'normal');
    await Promise.all([first, again]);
    expect(order).toEqual(['again', 'new']);
  });

  test('refuses those who wait when their run is stopped, and goes on for others', async () => {
    const gate = new HostGate(1, new VirtualClock());
    const stop = new AbortController();
    const ticket = await gate.enter(UNPACED, never, false);
    const stopped = await crowd(gate, 3, stop.signal);
    const other = await crowd(gate, 1);
    const outcomes = Promise.allSettled(stopped.outcomes);
    stop.abort(new BtMigrateError('BTM_TERMINATED', { detail: 'SIGTERM.' }));
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'BTM_TERMINATED' } });
    }
    gate.leave(ticket, 'normal');
    await Promise.all(other.outcomes);
  });

  test('holds everybody back during a pause, also those who queued before it', async () => {
    const clock = new VirtualClock();
    const gate = new HostGate(1, clock);
    const startedAt = clock.now();
    const ticket = await gate.enter(UNPACED, never, false);
    const enteredAt: number[] = [];
    const others = Array.from({ length: 3 }, async () => {
      const next = await gate.enter(UNPACED, never, false);
      enteredAt.push(clock.now() - startedAt);
      gate.leave(next, 'normal');
    });
    await settled();
    gate.pause(7000);
    gate.pause(100);
    gate.leave(ticket, 'congested');
    await Promise.all(others);
    expect(enteredAt).toEqual([7000, 7000, 7000]);
  });

  test('spreads requests over the minute', async () => {
    const clock = new VirtualClock();
    const gate = new HostGate(32, clock);
    const pace = new Pace(20);
    const startedAt = clock.now();
    const enteredAt: number[] = [];
    for (let nr = 0; nr < 25; nr += 1) {
      gate.leave(await gate.enter([pace], never, false), 'normal');
      enteredAt.push(clock.now() - startedAt);
    }
    expect(enteredAt.filter((at) => at < 60_000)).toHaveLength(20);
    expect(enteredAt.at(-1)).toBe(72_000);
  });
});

test('both organizations share the gate of a host, and other hosts have their own', () => {
  const gates = new HostGates(32, new VirtualClock());
  const source = gates.of(new URL('https://api.braintrust.dev'));
  expect(gates.of(new URL('https://api.braintrust.dev/base'))).toBe(source);
  expect(gates.of(new URL('https://bt.acme.internal'))).not.toBe(source);
});
