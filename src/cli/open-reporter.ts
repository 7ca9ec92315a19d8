import { closeSync, fchmodSync, fstatSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Reporter, RunEvent } from '../domain/event.ts';
import type { Json } from '../domain/json.ts';
import type { CliIo } from './cli-io.ts';
import { Disguise } from './disguise.ts';
import { type Globals, LOG_LEVELS } from './globals.ts';
import { RowMeter } from './row-meter.ts';
import { SeenLimits } from './seen-limits.ts';
import { usageError } from './usage-error.ts';
import { describeEvent, levelOf } from './views/describe-event.ts';
import { progressView } from './views/progress.ts';

const PULSE_MS = 5_000;

/** Where events go: a file, the log on stderr, the progress view. */
export interface EventSinks {
  readonly report: Reporter;
  readonly disguise: Disguise;
  /** Tells a sentence at once and on a line of its own, whatever the log level. */
  notice(text: string): void;
  close(): void;
}

/**
 * Opens the sinks that the flags ask for.
 * @throws BTM_USAGE when the file for events cannot be opened.
 */
export function openReporter(io: CliIo, globals: Globals): EventSinks {
  const file = globals.events === undefined ? undefined : openEventFile(resolve(io.cwd, globals.events));
  const live = io.stderr.isTTY === true && io.env.TERM !== 'dumb';
  const progress =
    globals.logFormat === 'json' || (globals.json && !live)
      ? undefined
      : progressView({ stream: io.stderr, live, columns: io.stderr.columns ?? 80, now: io.now });
  const line = (event: RunEvent): string => `${JSON.stringify({ time: new Date(io.now()).toISOString(), ...event })}\n`;

  const log = (event: RunEvent): void => {
    const level = levelOf(event);
    if (LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(globals.logLevel)) return;
    progress?.clear();
    io.stderr.write(globals.logFormat === 'json' ? line(event) : `${level.padEnd(5)} ${describeEvent(event)}\n`);
  };
  const disguise = new Disguise();
  const pulse = rowPulse(io.now);
  let writesFile = file !== undefined;
  const store = (event: RunEvent): void => {
    if (file === undefined || !writesFile) return;
    try {
      writeWhole(file, line(event));
    } catch (error) {
      // A run in the middle of writing must not die of its log, but nobody may believe the log to be complete.
      writesFile = false;
      log({
        type: 'warning',
        code: 'events_incomplete',
        detail: `${globals.events} ends early: ${(error as Error).message}`,
      });
    }
  };
  return {
    disguise,
    notice: (detail) => {
      const event: RunEvent = { type: 'warning', code: 'stopping', detail };
      store(event);
      progress?.clear();
      // A terminal has just echoed the key behind the bar or the question.
      io.stderr.write(globals.logFormat === 'json' ? line(event) : `${live ? '\n' : ''}${detail}\n`);
    },
    report: (told) => {
      if (told.type === 'run_started') disguise.learn(told.lineage);
      const event = disguise.of(told as Json) as RunEvent;
      store(event);
      log(event);
      progress?.report(event);
      const rows = pulse(event);
      if (rows === undefined) return;
      store(rows);
      // People see it drawn; whoever reads a log wants it in there.
      if (globals.logFormat === 'json') log(rows);
    },
    close: () => {
      progress?.clear();
      if (file !== undefined) closeSync(file);
    },
  };
}

/** Makes an event of how far the rows are, every few seconds while they are copied; undefined most of the time. */
function rowPulse(now: () => number): (event: RunEvent) => RunEvent | undefined {
  const limits = new SeenLimits();
  let meter = new RowMeter(now(), limits);
  let toldAt = now();
  return (event) => {
    if (event.type === 'run_started') {
      meter = new RowMeter(now(), limits);
      toldAt = now();
    }
    limits.take(event, now());
    meter.take(event, now());
    if (event.type !== 'rows_copied' || now() - toldAt < PULSE_MS) return undefined;
    toldAt = now();
    return meter.progress(now());
  };
}

function openEventFile(path: string): number {
  try {
    const file = openSync(path, 'w', 0o600);
    // An existing file keeps its mode when it is opened; a pipe or a terminal has none of ours.
    if (fstatSync(file).isFile()) fchmodSync(file, 0o600);
    return file;
  } catch (error) {
    throw usageError(
      `The file for events cannot be opened: ${(error as Error).message}.`,
      'Choose another --events FILE.',
    );
  }
}

function writeWhole(file: number, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}
