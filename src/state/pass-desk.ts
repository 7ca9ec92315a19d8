import { storedActionId } from '../domain/stored-name.ts';
import type { StoredProgress, StoredRange } from '../domain/stored-streams.ts';
import {
  MOST_WINDOW_HASHES,
  type PassRequest,
  type StreamProgress,
  type StreamRange,
  windowDigest,
} from '../domain/stream-state.ts';
import { compareXacts } from '../domain/xact.ts';
import { filterOf, isMending, newRange, progressOf, rangeOf } from './convert-streams.ts';
import { compareKeys, greatest } from './greatest.ts';
import type { StreamTables } from './stream-tables.ts';

export type ContainerKey = { readonly stream: string; readonly container: string };

export interface PassDeskParts {
  readonly tables: StreamTables;
  readonly lineage: () => string;
  readonly uuid: () => string;
}

/** Opens and finishes passes, as `PassRequest` says. Everything here runs inside a transaction of the caller. */
export class PassDesk {
  private readonly parts: PassDeskParts;
  private readonly tables: StreamTables;

  constructor(parts: PassDeskParts) {
    this.parts = parts;
    this.tables = parts.tables;
  }

  open(request: PassRequest): StreamRange[] {
    const stored = { ...request, actionId: storedActionId(this.parts.lineage(), request.actionId) };
    this.forgetOther(stored);
    const ranges = this.tables.range.rows(keyOf(request)).filter((range) => !isMending(range));
    const unfinished = ranges.filter(({ status }) => status !== 'committed');
    if (unfinished.length > 0) return this.takeUp(unfinished, stored);
    const own = ranges.filter((range) => range.run_id === stored.runId && range.action_id === stored.actionId);
    const reached = own.filter((range) => compareXacts(range.xact_up_to, stored.filter.xactUpTo) >= 0);
    if (reached.length > 0) return inOrder(reached);
    if (own.length > 0) return this.begin({ ...stored, filter: this.behind(stored) });
    for (const { id } of ranges) this.tables.range.delete({ id });
    return this.begin(stored);
  }

  finish(rangeIds: readonly string[]): StreamProgress {
    const ranges = rangeIds.map((id) => this.range(id));
    const [first] = ranges;
    if (first === undefined) throw new Error('A pass has a range.');
    const key = { stream: first.stream, container: first.container };
    const before = this.tables.progress.row(key);
    if (before !== undefined && ranges.every(({ status }) => status === 'committed')) return progressOf(before);
    const progress = sumUp(first, ranges, before, this.windowRows(ranges));
    this.tables.progress.put(progress);
    for (const range of ranges) this.tables.range.put({ ...range, status: 'committed' });
    this.forgetWindows(key, new Set(rangeIds));
    this.pairVersions(key, ranges);
    return progressOf(progress);
  }

  /** Nothing of this container is known any more. */
  forgetContainer(key: ContainerKey): void {
    this.tables.range.delete(key);
    this.tables.progress.delete(key);
    this.tables.window.delete(key);
    this.tables.writtenXact.delete(key);
    this.tables.intent.delete(key);
    this.tables.unresolved.delete(key);
  }

  /** Drops what was known of another destination, or of a pass over another creation window. */
  private forgetOther(request: PassRequest): void {
    const key = keyOf(request);
    const { destinationContainer: destination } = request;
    const ranges = this.tables.range.rows(key);
    const progress = this.tables.progress.row(key);
    if ([progress, ...ranges].some((row) => row !== undefined && row.destination_container !== destination)) {
      this.forgetContainer(key);
      return;
    }
    const digest = windowDigest(request.filter);
    for (const range of ranges) {
      if (windowDigest(filterOf(range)) === digest) continue;
      this.tables.range.delete({ id: range.id });
      this.tables.window.delete({ ...key, range_id: range.id });
    }
    if (progress === undefined || progress.window_digest === digest) return;
    this.tables.progress.delete(key);
    this.forgetWindows(key, new Set());
  }

  private takeUp(ranges: readonly StoredRange[], { runId, actionId }: PassRequest): StreamRange[] {
    return inOrder(
      ranges.map((range) => {
        const taken = { ...range, run_id: runId, action_id: actionId };
        this.tables.range.put(taken);
        return taken;
      }),
    );
  }

  /** The filter of a pass that follows a finished one of the same action. */
  private behind(request: PassRequest): PassRequest['filter'] {
    return { ...request.filter, xactAfter: this.tables.progress.row(keyOf(request))?.settled ?? null };
  }

  private begin(request: PassRequest): StreamRange[] {
    return request.cuts.map((hi, seq) => {
      const lo = request.cuts[seq - 1] ?? null;
      const range = newRange(this.parts.uuid(), seq, { lo, hi }, request);
      this.tables.range.put(range);
      return rangeOf(range);
    });
  }

  private forgetWindows(key: ContainerKey, kept: ReadonlySet<string>): void {
    const known = new Set(this.tables.window.rows(key).map((window) => window.range_id));
    for (const range_id of known) if (!kept.has(range_id)) this.tables.window.delete({ ...key, range_id });
  }

  /** Rows above `settled`, each once: what a killed run had acknowledged of a tie is read and acknowledged again. */
  private windowRows(ranges: readonly StoredRange[]): number {
    const noted = ranges.reduce((total, range) => total + range.window_rows, 0);
    if (noted > MOST_WINDOW_HASHES) return noted;
    const records = ranges.flatMap(({ stream, container, id }) =>
      this.tables.window.rows({ stream, container, range_id: id }).map(({ hashes }) => hashes),
    );
    return countDistinct(Buffer.concat(records));
  }

  /** What was left out makes the two contents different, and so does what an earlier pass left out. */
  private pairVersions({ stream, container }: ContainerKey, ranges: readonly StoredRange[]): void {
    const source = greatest(
      ranges.map((range) => range.newest_source_xact),
      compareXacts,
    );
    const destination = greatest(
      ranges.map((range) => range.newest_destination_xact),
      compareXacts,
    );
    const leftOut =
      ranges.some(({ kept }) => kept > 0) ||
      this.tables.quarantine.row({ stream, container, status: 'open' }) !== undefined;
    if (source === null || destination === null || leftOut) return;
    this.tables.version.put({ kind: stream, source_id: container, source, destination });
  }

  private range(id: string): StoredRange {
    const range = this.tables.range.row({ id });
    if (range === undefined) throw new Error(`There is no range ${id}.`);
    return range;
  }
}

/** How many different hashes of 8 bytes there are. */
function countDistinct(hashes: Buffer): number {
  // A set of a hundred thousand large numbers takes ten times as long as sorting them and looking at their halves.
  const { buffer } = new BigUint64Array(new Uint8Array(hashes).buffer).sort();
  const halves = new Uint32Array(buffer);
  let count = 0;
  for (let n = 0; n < halves.length; n += 2) {
    if (n === 0 || halves[n] !== halves[n - 2] || halves[n + 1] !== halves[n - 1]) count += 1;
  }
  return count;
}

function keyOf({ stream, container }: PassRequest): ContainerKey {
  return { stream, container };
}

export function inOrder(ranges: readonly StoredRange[]): StreamRange[] {
  return ranges.toSorted((a, b) => compareXacts(a.xact_up_to, b.xact_up_to) || a.seq - b.seq).map(rangeOf);
}

function sumUp(
  first: StoredRange,
  ranges: readonly StoredRange[],
  before: StoredProgress | undefined,
  windowRows: number,
): StoredProgress {
  const sum = (value: (range: StoredRange) => number): number =>
    ranges.reduce((total, range) => total + value(range), 0);
  return {
    stream: first.stream,
    container: first.container,
    destination_container: first.destination_container,
    settled: first.settled,
    window_rows: windowRows,
    window_newest: greatest(
      ranges.map((range) => range.window_newest),
      compareXacts,
    ),
    last_key: greatest([before?.last_key ?? null, ...ranges.map((range) => range.position)], compareKeys),
    window_digest: windowDigest(filterOf(first)),
    rows: (before?.rows ?? 0) + sum((range) => range.rows),
    bytes: (before?.bytes ?? 0) + sum((range) => range.bytes),
  };
}
