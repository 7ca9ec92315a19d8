import { describe, expect, test } from 'vitest';
import { Pace } from './pace.ts';

describe('the pace of requests', () => {
  test('is what the spec allows, one after the other', () => {
    const pace = new Pace(20);
    expect([pace.reserve(0), pace.reserve(0), pace.reserve(1000)]).toEqual([0, 3000, 5000]);
  });

  test('is the one at which the server gives out permissions, once it refused a request', () => {
    const pace = new Pace(null);
    expect([pace.reserve(0), pace.reserve(0)]).toEqual([0, 0]);
    pace.answered(100);
    // A permission every 3 s, of which 2.9 s were left.
    pace.refused(200, 2900);
    expect([pace.reserve(3100), pace.reserve(3100), pace.reserve(3200)]).toEqual([0, 3000, 5900]);
    for (let n = 0; n < 30; n++) pace.answered(60_000);
    expect([pace.reserve(60_000), pace.reserve(60_000)]).toEqual([0, 0]);
  });

  test('is left alone by a wait for the end of a window', () => {
    const pace = new Pace(null);
    pace.answered(0);
    pace.refused(0, 45_000);
    expect([pace.reserve(45_000), pace.reserve(45_000)]).toEqual([0, 0]);
  });

  test('does not slow down with every refusal of a server that always refuses', () => {
    const pace = new Pace(null);
    pace.answered(0);
    for (let now = 10; now <= 100; now += 10) pace.refused(now, 1);
    expect([pace.reserve(200), pace.reserve(200)]).toEqual([0, 11]);
  });

  test('never exceeds what the spec allows', () => {
    const pace = new Pace(10);
    pace.refused(0, 500);
    expect([pace.reserve(500), pace.reserve(500)]).toEqual([0, 6000]);
  });
});
