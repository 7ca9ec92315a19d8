import type { RunEvent } from '../../domain/event.ts';
import type { OutputStream } from '../cli-io.ts';
import { RowMeter } from '../row-meter.ts';
import { SeenLimits } from '../seen-limits.ts';
import { formatCount, formatDuration, plural } from './count-words.ts';
import { describeCopying, describeStreams } from './describe-copying.ts';

const REDRAW_MS = 100;
const LINE_EVERY_MS = 5_000;
const BAR_WIDTH = 24;
const CLEAR = '\r\u001b[2K';

/** Shows how far a run is. */
export interface ProgressView {
  report(event: RunEvent): void;
  /** Takes the bar away, so that a line can be written in its place; the next event draws it again. */
  clear(): void;
}

interface ProgressOptions {
  readonly stream: OutputStream;
  /** A bar that is redrawn in place, else a line every few seconds. */
  readonly live: boolean;
  readonly columns: number;
  readonly now: () => number;
}

/**
 * Phases: nothing → reading (objects counted per side) → nothing → searching (rows that the source has deleted) → nothing →
 * applying (actions done of all) → nothing.
 */
type Phase =
  | { readonly name: 'idle' }
  | { readonly name: 'reading'; lists: number; objects: number; readonly reading: Set<string> }
  | { readonly name: 'searching'; rows: number; total: number; readonly open: Set<string> }
  | {
      readonly name: 'applying';
      readonly total: number;
      readonly since: number;
      readonly meter: RowMeter;
      done: number;
      failed: number;
      skipped: number;
    };

/** Makes a view that is fed by events and owns no timer: without events there is nothing new to show. */
export function progressView({ stream, live, columns, now }: ProgressOptions): ProgressView {
  const limits = new SeenLimits();
  let phase: Phase = { name: 'idle' };
  let drawn = false;
  let shownAt = now();

  const clear = (): void => {
    if (drawn) stream.write(CLEAR);
    drawn = false;
    shownAt = Number.NEGATIVE_INFINITY;
  };
  const show = (): void => {
    if (phase.name === 'idle' || now() - shownAt < (live ? REDRAW_MS : LINE_EVERY_MS)) return;
    shownAt = now();
    const text = describePhase(phase, now(), live);
    stream.write(live ? `${CLEAR}${text.slice(0, Math.max(0, columns - 1))}` : `${text}\n`);
    drawn = live;
  };
  return {
    clear: () => {
      if (live) clear();
    },
    report: (event) => {
      const before = phase;
      limits.take(event, now());
      phase = advance(phase, event, { now: now(), limits });
      if (phase !== before && before.name === 'idle') shownAt = live ? Number.NEGATIVE_INFINITY : now();
      if (phase.name === 'idle' && live) clear();
      show();
    },
  };
}

function advance(
  phase: Phase,
  event: RunEvent,
  { now, limits }: { readonly now: number; readonly limits: SeenLimits },
): Phase {
  if (event.type === 'inventory_started') {
    if (phase.name !== 'reading') return { name: 'reading', lists: 0, objects: 0, reading: new Set([event.side]) };
    phase.reading.add(event.side);
    return phase;
  }
  if (event.type === 'search_started') {
    const { address, rows_total: total } = event;
    if (phase.name !== 'searching') return { name: 'searching', rows: 0, total, open: new Set([address]) };
    phase.open.add(address);
    phase.total += total;
    return phase;
  }
  if (event.type === 'run_started') {
    const meter = new RowMeter(now, limits);
    meter.take(event, now);
    return { name: 'applying', total: event.actions, since: now, meter, done: 0, failed: 0, skipped: 0 };
  }
  if (event.type === 'run_finished') return { name: 'idle' };
  if (phase.name === 'reading') {
    if (event.type === 'list_finished') {
      phase.lists += 1;
      phase.objects += event.objects;
    }
    if (event.type === 'inventory_finished') phase.reading.delete(event.side);
    return phase.reading.size === 0 ? { name: 'idle' } : phase;
  }
  if (phase.name === 'searching') {
    if (event.type === 'rows_searched') phase.rows += event.rows;
    if (event.type === 'search_finished') phase.open.delete(event.address);
    return phase.open.size === 0 ? { name: 'idle' } : phase;
  }
  if (phase.name === 'applying') {
    phase.meter.take(event, now);
    if (event.type === 'action_finished') phase.done += 1;
    if (event.type === 'action_failed') phase.failed += 1;
    if (event.type === 'action_skipped') phase.skipped += 1;
  }
  return phase;
}

function describePhase(phase: Exclude<Phase, { name: 'idle' }>, now: number, live: boolean): string {
  if (phase.name === 'reading') {
    return `Reading: ${plural(phase.objects, 'object')} in ${plural(phase.lists, 'list')}`;
  }
  if (phase.name === 'searching') {
    return `Looking for deleted rows: ${formatCount(phase.rows)} of ${plural(phase.total, 'row')} read`;
  }
  const { total, done, failed, skipped, since, meter } = phase;
  const settled = done + failed + skipped;
  const copying = meter.progress(now);
  if (copying !== undefined) {
    const { rows_done, rows_total } = copying;
    const line = `${gauge(live, rows_total === null ? null : rows_done / Math.max(1, rows_total))}${describeCopying(copying)}`;
    const rest = failed > 0 ? `, ${formatCount(failed)} failed` : '';
    return live ? `${line}${rest}` : [`${line}${rest}`, ...describeStreams(copying)].join('\n');
  }
  const share = total === 0 ? 1 : Math.min(1, settled / total);
  const seconds = (now - since) / 1000;
  const rate = seconds > 0 ? settled / seconds : 0;
  const parts = [`${formatCount(settled)} of ${formatCount(total)} actions`];
  if (rate > 0) parts.push(`${rate < 10 ? rate.toFixed(1) : formatCount(Math.round(rate))}/s`);
  if (rate > 0 && settled < total)
    parts.push(`about ${formatDuration(Math.ceil((total - settled) / rate) * 1000)} left`);
  if (failed > 0) parts.push(`${formatCount(failed)} failed`);
  if (skipped > 0) parts.push(`${formatCount(skipped)} skipped`);
  return `${gauge(live, share)}${parts.join(', ')}`;
}

/** A bar, or a word where nothing is drawn, and the share of what is done in percent when it is known. */
function gauge(live: boolean, share: number | null): string {
  const filled = Math.round((share ?? 0) * BAR_WIDTH);
  const bar = live ? `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}] ` : 'Applying: ';
  return share === null ? bar : `${bar}${String(Math.floor(share * 100)).padStart(live ? 3 : 1)} %  `;
}
