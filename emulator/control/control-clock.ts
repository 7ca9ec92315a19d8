import type { Clock } from '../clock.ts';
import { isRecord } from '../verbs/check-body.ts';

export function showClock(clock: Clock): { now: number; iso: string } {
  return { now: clock.now(), iso: clock.iso() };
}

/** `{freeze: true}`, `{set}` (milliseconds or ISO text), `{advance}` (milliseconds), `{resume: true}`, in this order. */
export function setClock(clock: Clock, body: unknown): { now: number; iso: string } {
  const { set, advance, freeze, resume } = isRecord(body) ? body : {};
  const time = set === undefined ? null : readTime(set);
  // Before the time is set: a clock that runs on in between would stand still at a later one.
  if (freeze === true) clock.freeze();
  if (time !== null) clock.set(time);
  if (typeof advance === 'number') clock.advance(advance);
  if (resume === true) clock.resume();
  return showClock(clock);
}

function readTime(value: unknown): number {
  const time = typeof value === 'number' ? value : Date.parse(String(value));
  if (Number.isNaN(time)) throw new Error(`not a time: ${JSON.stringify(value)}`);
  return time;
}
