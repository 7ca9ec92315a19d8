import { isObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { Watermark } from '../../domain/row-io.ts';
import { compareXacts, isXact, LOWEST_XACT, xactBefore } from '../../domain/xact.ts';

/** Seconds for which a written row may still be on its way to where reads see it. */
const SETTLING_SECONDS = 60;

/**
 * How far rows can be read, from what an answer says of its own freshness (fact sheet 5.4): `realtime_state` when the
 * read included the newest writes, else what was processed. A row that was seen is visible whatever the states say: in
 * recorded answers they are those of one object, and nobody tells of which when several are asked for.
 * `now` is the server's time in milliseconds.
 */
export function watermarkOf(answer: JsonObject, newestRow: string | null, now: number): Watermark {
  const stated = stateOf(answer);
  const visible = [stated, newestRow].reduce<string>(
    (highest, xact) => (xact !== null && compareXacts(xact, highest) > 0 ? xact : highest),
    LOWEST_XACT,
  );
  const past = xactBefore(now / 1000 - SETTLING_SECONDS);
  return { visible, settled: compareXacts(visible, past) < 0 ? visible : past };
}

/** How far an answer says that it reaches; null when it does not say. */
export function stateOf({ realtime_state: realtime, freshness_state: freshness }: JsonObject): string | null {
  const actual = isObject(realtime) && realtime.type === 'on' ? xactOf(realtime.actual_xact_id) : null;
  return actual ?? (isObject(freshness) ? xactOf(freshness.last_processed_xact_id) : null);
}

/** A transaction id out of an answer, or null when there is none. */
export function xactOf(value: Json | undefined): string | null {
  return typeof value === 'string' && isXact(value) ? value : null;
}
