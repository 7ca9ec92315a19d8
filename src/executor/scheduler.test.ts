import { expect, test } from 'vitest';
import { schedule, type Task } from './scheduler.ts';

interface Outcome {
  readonly log: string[];
  readonly skipped: string[];
  readonly left: readonly string[];
  readonly most: number;
}

interface Options {
  readonly parallelism?: number;
  readonly fails?: readonly string[];
  readonly throws?: readonly string[];
  readonly abortAt?: string;
  readonly together?: readonly string[];
}

const task = (id: string, needs: string[] = [], follows: string[] = []): Task => ({ id, needs, follows });

/** Runs tasks that each take one turn of the event loop; the log has `+id` at the start and `-id` at the end. */
async function run(tasks: readonly Task[], options: Options = {}): Promise<Outcome> {
  const { parallelism = 2, fails = [], throws = [], abortAt } = options;
  const together = new Set(options.together);
  const log: string[] = [];
  const skipped: string[] = [];
  const abort = new AbortController();
  let running = 0;
  let most = 0;
  const left = await schedule(tasks, {
    parallelism,
    signal: abort.signal,
    companions: (first, ready) => (together.has(first) ? [...ready].filter((id) => together.has(id)) : []),
    run: async (ids) => {
      const id = ids.join('+');
      log.push(`+${id}`);
      running += 1;
      most = Math.max(most, running);
      if (id === abortAt) abort.abort();
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      log.push(`-${id}`);
      if (throws.includes(id)) throw new Error(id);
      return new Set(ids.filter((one) => !fails.includes(one)));
    },
    skip: (id, becauseOf) => skipped.push(`${id} because of ${becauseOf}`),
  });
  return { log, skipped, left, most };
}

test('what is needed comes first, and no more run at once than allowed', async () => {
  const tasks = [task('d', ['b', 'c']), task('b', ['a']), task('c', ['a']), task('a'), task('e')];
  const { log, most, left } = await run(tasks);
  const at = (entry: string) => log.indexOf(entry);
  for (const [before, after] of ['ab', 'ac', 'bd', 'cd']) expect(at(`-${before}`)).toBeLessThan(at(`+${after}`));
  expect([most, left]).toEqual([2, []]);
  expect(log).toHaveLength(10);
});

test('there are no barriers: a task starts as soon as it can', async () => {
  const tasks = [task('slow'), task('quick'), task('after-quick', ['quick'])];
  const order: string[] = [];
  let endSlow = (): void => undefined;
  const slow = new Promise<void>((resolve) => {
    endSlow = resolve;
  });
  await schedule(tasks, {
    parallelism: 2,
    signal: new AbortController().signal,
    companions: () => [],
    run: async (ids) => {
      order.push(...ids);
      if (ids.includes('slow')) await slow;
      if (ids.includes('after-quick')) endSlow();
      return new Set(ids);
    },
    skip: () => undefined,
  });
  expect(order).toEqual(['slow', 'quick', 'after-quick']);
});

test('a failure skips what needs it, at any distance, and nothing else', async () => {
  const tasks = [task('a'), task('b', ['a']), task('c', ['b']), task('d', ['c', 'x']), task('x'), task('y', ['x'])];
  const { log, skipped } = await run(tasks, { fails: ['a'] });
  expect(skipped).toEqual(['b because of a', 'c because of b', 'd because of c']);
  expect(log.filter((entry) => entry.startsWith('+')).sort()).toEqual(['+a', '+x', '+y']);
});

test('a task that only follows runs after a failure and after a skip', async () => {
  const tasks = [task('a'), task('b', ['a'], []), task('c', [], ['b']), task('d', [], ['a'])];
  const { log, skipped } = await run(tasks, { fails: ['a'] });
  expect(skipped).toEqual(['b because of a']);
  expect(log).toContain('-c');
  expect(log).toContain('-d');
});

test('a task that needs and follows the same one waits once', async () => {
  const { log } = await run([task('a'), task('b', ['a'], ['a'])]);
  expect(log).toEqual(['+a', '-a', '+b', '-b']);
});

test('what is not in the list counts as over', async () => {
  const { log } = await run([task('a', ['elsewhere'], ['before'])]);
  expect(log).toEqual(['+a', '-a']);
});

test('tasks that are run together count as one, and succeed or fail one by one', async () => {
  const tasks = [task('a'), task('other'), task('b'), task('c'), task('after-b', ['b']), task('after-c', ['c'])];
  const { log, most, skipped } = await run(tasks, { together: ['a', 'b', 'c'], fails: ['b'], parallelism: 2 });
  expect(log.filter((entry) => entry.startsWith('+'))).toEqual(['+a+b+c', '+other', '+after-c']);
  expect(skipped).toEqual(['after-b because of b']);
  expect(most).toBe(2);
});

test('an abort lets what runs end and starts nothing more', async () => {
  const { log, left } = await run([task('a'), task('b'), task('c'), task('d', ['a'])], { abortAt: 'b' });
  expect(log.filter((entry) => entry.startsWith('-')).sort()).toEqual(['-a', '-b']);
  expect(left).toEqual(['c', 'd']);
});

test('an error ends the schedule after what runs, and is thrown', async () => {
  const ended: string[] = [];
  const promise = schedule([task('a'), task('b'), task('c')], {
    parallelism: 2,
    signal: new AbortController().signal,
    companions: () => [],
    run: async (ids) => {
      if (ids.includes('a')) throw new Error('broken');
      await new Promise((resolve) => setImmediate(resolve));
      ended.push(...ids);
      return new Set(ids);
    },
    skip: () => undefined,
  });
  await expect(promise).rejects.toThrow('broken');
  expect(ended).toEqual(['b']);
});

test('a chain and a fan of 50,000 tasks', async () => {
  const ids = Array.from({ length: 50_000 }, (_, number) => `t${number}`);
  const chain = ids.map((id, number) => task(id, number === 0 ? [] : [ids[number - 1] ?? '']));
  const quick = {
    parallelism: 8,
    signal: new AbortController().signal,
    companions: () => [],
    run: async (ids: readonly string[]) => new Set(ids.filter((id) => id !== 't0')),
    skip: () => undefined,
  };
  expect(await schedule(chain, quick)).toEqual([]);
  const fan = ids.map((id, number) => task(id, number === 0 ? [] : ['t0']));
  expect(await schedule(fan, { ...quick, run: async (all) => new Set(all) })).toEqual([]);
});
