import type { Clock } from '../clock.ts';
import { isRecord } from '../verbs/check-body.ts';

export function showClock(clock: Clock): { now: number; iso: string } {
  return { now: clock.now(), iso: clock.iso() };
}

/** `{set}` (milliseconds or ISO text), `{advance}` (milliseconds), `{freeze: true}`, `{resume: true}`, in this order. */
export function setClock(clock: Clock, body: unknown): { now: number; iso: string } {
  const { set, advance, freeze, resume } = isRecord(body) ? body : {};
  if (set !== undefined) clock.set(readTime(set));
  if (typeof advance === 'number') clock.advance(advance);
  if (freeze === true) clock.freeze();
  if (resume === true) clock.resume();
  return showClock(clock);
}

function readTime(value: unknown): number {
  const time = typeof value === 'number' ? value : Date.parse(String(value));
  if (Number.isNaN(time)) throw new Error(`not a time: ${JSON.stringify(value)}`);
  return time;
}
