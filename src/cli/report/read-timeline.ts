import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { RunEvent } from '../../domain/event.ts';
import { usageError } from '../usage-error.ts';
import type { Throughput } from './report-model.ts';

/** When the rows of a run were copied. */
export interface Timeline {
  readonly throughput: Throughput | undefined;
  /** Milliseconds that each stream took, by address. */
  readonly durations: ReadonlyMap<string, number>;
}

const SLICES = 80;
/** Batches come in bursts: shorter slices would show nothing but them. */
const SHORTEST_SLICE_MS = 1_000;

/**
 * Reads the events of a run (`apply --events FILE`), line by line. A last line that was cut off is left out.
 * @throws BTM_USAGE when the file cannot be read, or holds something else.
 */
export async function readTimeline(path: string): Promise<Timeline> {
  const moments: { readonly time: number; readonly rows: number; readonly bytes: number }[] = [];
  const durations = new Map<string, number>();
  let broken = 0;
  let lines = 0;
  try {
    for await (const line of createInterface({
      input: createReadStream(path, 'utf8'),
      crlfDelay: Number.POSITIVE_INFINITY,
    })) {
      if (line === '') continue;
      lines += 1;
      const event = parseEvent(line);
      if (event === undefined) broken += 1;
      else if (event.type === 'rows_copied') moments.push({ time: event.time, rows: event.rows, bytes: event.bytes });
      else if (event.type === 'copy_started') moments.push({ time: event.time, rows: 0, bytes: 0 });
      else if (event.type === 'copy_finished') durations.set(event.address, event.duration_ms);
    }
  } catch (error) {
    throw usageError(`${path} cannot be read: ${(error as Error).message}.`, 'Check the path.');
  }
  if (broken > 1 || (broken === 1 && lines === 1)) {
    throw usageError(`${path} does not hold the events of a run.`, 'Give the file that apply --events wrote.');
  }
  return { throughput: slice(moments), durations };
}

function parseEvent(line: string): (RunEvent & { readonly time: number }) | undefined {
  try {
    const event = JSON.parse(line) as RunEvent & { readonly time: string };
    const time = Date.parse(event.time);
    return typeof event.type === 'string' && !Number.isNaN(time) ? { ...event, time } : undefined;
  } catch {
    return undefined;
  }
}

function slice(
  moments: readonly { readonly time: number; readonly rows: number; readonly bytes: number }[],
): Throughput | undefined {
  const times = moments.map(({ time }) => time);
  const start = times.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY);
  const span = times.reduce((most, time) => Math.max(most, time), start) - start;
  const sliceMs = Math.max(SHORTEST_SLICE_MS, Math.ceil((span + 1) / SLICES));
  // One or two points draw no line.
  if (!(span >= 2 * sliceMs)) return undefined;
  const rowsPerSlice = new Array<number>(Math.ceil((span + 1) / sliceMs)).fill(0);
  for (const { time, rows } of moments) {
    const at = Math.min(rowsPerSlice.length - 1, Math.max(0, Math.floor((time - start) / sliceMs)));
    rowsPerSlice[at] = (rowsPerSlice[at] ?? 0) + Number(rows);
  }
  return { sliceMs, rowsPerSlice, bytes: moments.reduce((sum, { bytes }) => sum + Number(bytes), 0) };
}
