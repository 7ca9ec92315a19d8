import type { TimeWindow } from '../domain/spec.ts';

/** True inside `[after, before)`, and for a time that cannot be read: nothing is left out for want of a date. */
export function isCreatedWithin({ createdAfter, createdBefore }: TimeWindow, created: string): boolean {
  const time = Date.parse(created);
  if (Number.isNaN(time)) return true;
  if (createdAfter !== undefined && time < Date.parse(createdAfter)) return false;
  return createdBefore === undefined || time < Date.parse(createdBefore);
}
