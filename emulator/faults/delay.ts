import type { Delay } from './fault-rule.ts';

const Z_99 = 2.3263;

/** Draws one delay in milliseconds. */
export function drawDelay(delay: Delay, random: () => number): number {
  if (typeof delay === 'number') return delay;
  if ('min' in delay) return delay.min + (delay.max - delay.min) * random();
  const spread = Math.log(delay.p99 / delay.median) / Z_99;
  return delay.median * Math.exp(spread * standardNormal(random));
}

function standardNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Waits on the real clock, at most `milliseconds`; ends early when the signal fires. */
export function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end, { once: true });
  });
}
