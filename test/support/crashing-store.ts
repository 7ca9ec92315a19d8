import type { StateStore } from '../../src/domain/state.ts';

/** Stands for a process that is gone: nothing of the engine catches it. */
export class Crash extends Error {}

/**
 * A store whose process dies at its `at`-th write (0 is the first), `before` the write or `after` it, and which does
 * nothing any more from then on. What was written before is in the store below, as it would be in the file.
 */
export function crashingStore(
  store: StateStore,
  at: number,
  when: 'before' | 'after',
): StateStore & { writes(): number } {
  let writes = 0;
  let dead = false;
  const WRITES: ReadonlySet<string> = new Set([
    'openRun',
    'beginAction',
    'completeAction',
    'failAction',
    'finishRun',
    'openPass',
    'leaseRange',
    'intend',
    'settleIntents',
    'ackBatch',
    'finishPass',
    'noteDeleted',
    'openMending',
    'finishMending',
    'recordBlobs',
  ]);
  const die = (): never => {
    dead = true;
    throw new Crash();
  };
  const handler: ProxyHandler<object> = {
    get(target, name) {
      if (name === 'writes') return () => writes;
      const method: unknown = Reflect.get(target, name);
      if (name === 'streams' && typeof method === 'object' && method !== null) return new Proxy(method, handler);
      if (typeof method !== 'function') return method;
      return async (...given: unknown[]) => {
        if (dead) throw new Crash();
        if (!WRITES.has(String(name))) return Reflect.apply(method, target, given);
        const number = writes;
        writes += 1;
        if (number === at && when === 'before') die();
        const result: unknown = await Reflect.apply(method, target, given);
        if (number === at) die();
        return result;
      };
    },
  };
  return new Proxy(store, handler) as StateStore & { writes(): number };
}
