import { describe, expect, test } from 'vitest';
import { type Measurement, WriteRoutes } from './write-routes.ts';

const MB = 1024 * 1024;
const LIMITS = { bytes: 2.5 * MB, stagedRows: 17_000 };

function writes(routes: WriteRoutes, count: number, one: Omit<Measurement, 'backlog'>, backlog = true): void {
  for (let n = 0; n < count; n++) routes.wrote({ ...one, backlog });
}

const SLOW = { route: 'direct', bytes: 2.5 * MB, ms: 70, idleMs: 50 } as const;
const STAGED = { route: 'staged', bytes: 12 * MB, idleMs: 10 } as const;

describe('the route of rows', () => {
  test('is direct at first, in bodies that the server takes', () => {
    const routes = new WriteRoutes(LIMITS, 48 * MB);
    expect([routes.route, routes.depth, routes.limits]).toEqual(['direct', 1, { bytes: 2.5 * MB, rows: 65_536 }]);
  });

  test('becomes staged when writes wait for round trips and staging is faster', () => {
    const routes = new WriteRoutes(LIMITS, 48 * MB);
    writes(routes, 3, SLOW);
    expect([routes.route, routes.depth, routes.limits]).toEqual(['staged', 3, { bytes: 12 * MB, rows: 17_000 }]);
    // The first one waited for its upload.
    writes(routes, 1, { ...STAGED, ms: 2_000 });
    writes(routes, 3, { ...STAGED, ms: 90 });
    writes(routes, 50, { ...STAGED, ms: 900 });
    expect(routes.route).toBe('staged');
  });

  test('stays direct for good when staging was not faster', () => {
    const routes = new WriteRoutes(LIMITS, 48 * MB);
    writes(routes, 3, SLOW);
    writes(routes, 4, { ...STAGED, ms: 330 });
    expect(routes.route).toBe('direct');
    writes(routes, 50, SLOW);
    expect(routes.route).toBe('direct');
  });

  test('stays direct while nothing waits behind the writes, or this process has no time to wait for them', () => {
    const routes = new WriteRoutes(LIMITS, 48 * MB);
    writes(routes, 50, SLOW, false);
    writes(routes, 50, { ...SLOW, idleMs: 10 });
    expect(routes.route).toBe('direct');
  });

  test('is direct where batches cannot be staged', () => {
    const routes = new WriteRoutes({ ...LIMITS, stagedRows: 0 }, 48 * MB);
    writes(routes, 50, SLOW);
    expect([routes.route, routes.canStage]).toEqual(['direct', false]);
  });

  test('is direct from the moment the server refuses to stage', () => {
    const routes = new WriteRoutes(LIMITS, 48 * MB);
    writes(routes, 3, SLOW);
    routes.stopStaging();
    writes(routes, 50, SLOW);
    expect([routes.route, routes.canStage, routes.depth]).toEqual(['direct', false, 1]);
  });

  test('has smaller batches once one was too large', () => {
    const routes = new WriteRoutes(LIMITS, 48 * MB);
    routes.tooLarge('direct', 2 * MB);
    expect(routes.direct.bytes).toBe(MB);
    writes(routes, 3, SLOW);
    routes.tooLarge('staged', 10 * MB);
    expect([routes.limits.bytes, routes.direct.bytes]).toEqual([5 * MB, MB]);
  });
});
