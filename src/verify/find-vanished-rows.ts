import { BtMigrateError } from '../domain/errors.ts';
import { type CountRequest, NO_FILTER, type RowCount, type RowFilter } from '../domain/row-io.ts';
import type { StreamProgress } from '../domain/stream-state.ts';
import { countStreams } from '../inventory/count-streams.ts';
import { endsReading } from '../inventory/list-failure.ts';
import { filterOfPass, planPass } from '../inventory/plan-pass.ts';
import { selectStreams } from '../inventory/select-streams.ts';
import type { FindVanishedRows, VanishedRequest, VanishedRows } from '../inventory/vanished-rows.ts';
import { ByteWindow } from '../streams/byte-window.ts';
import { newReadConditions } from '../streams/read/read-conditions.ts';
import { differingSlices, fittingSlices, type Slice } from './differing-slices.ts';
import type { ContainerPairOf } from './selected-pair.ts';
import { ASKED, VanishedSearch } from './vanished-search.ts';

/** Bytes of answers held at once; answers hold no more of a row than its name. */
const WINDOW_BYTES = 16 * 1024 * 1024;
/** Containers whose rows are named side by side. */
const SIDE_BY_SIDE = 4;
/** Containers of one count, so that both sides together take containers / 25 + 6 queries. */
const TOGETHER = 50;
/** Rows of a page of names (fact sheet 5.3). */
const PAGE_ROWS = 1000;
/** Milliseconds: clocks may differ. */
const A_DAY = 86_400_000;

/** A container that was copied, with what is to be compared of both sides. */
interface Copied {
  readonly pair: ContainerPairOf;
  readonly progress: StreamProgress;
  /** The creation window. */
  readonly filter: RowFilter;
}

interface Counted extends Copied {
  readonly source: RowCount;
  readonly destination: RowCount;
}

/**
 * Finds the rows that `policy.prune` deletes: ours, not edited since, within the creation window, and gone from the source.
 *
 * Every copied container is counted on both sides, 50 a query. Only where the numbers differ, and there only in the time
 * in which they do, rows are named; the source is asked once more about each that it did not name.
 */
export function vanishedRowFinder(signal: AbortSignal): FindVanishedRows {
  return async (request) => {
    const copied = copiedContainers(request);
    const counts = await countBoth(copied, request);
    const aside = await quarantinedRows(request);
    const found: VanishedRows[] = new Array(copied.length);
    let next = 0;
    const work = async (): Promise<void> => {
      for (let n = next++; n < copied.length; n = next++) {
        const one = copied[n] as Copied;
        const { source, destination } = counts[n] as Counts;
        const { address } = one.pair;
        found[n] =
          source === undefined || destination === undefined
            ? { address, rows: null, ids: [], sourceIsEmpty: false }
            : await findIn({ ...one, source, destination }, aside.get(nameOf(one.pair)) ?? 0, request, signal);
      }
    };
    await Promise.all(Array.from({ length: Math.min(SIDE_BY_SIDE, copied.length) }, work));
    return found.filter(({ rows }) => rows !== 0);
  };
}

// What a pass left unfinished is copied first.
function copiedContainers({ spec, state, inventories }: VanishedRequest): Copied[] {
  return selectStreams({ spec, ...inventories }).flatMap((selected): Copied[] => {
    const { stream, address, source, destination } = selected;
    const next = planPass(selected, spec, state);
    if (destination === undefined || next.progress === undefined || next.unfinished.length > 0) return [];
    const pair = { stream, address, sourceId: source.id, destinationId: destination.id };
    return [{ pair, progress: next.progress, filter: { ...filterOfPass(next), xactAfter: null } }];
  });
}

interface Counts {
  readonly source: RowCount | undefined;
  readonly destination: RowCount | undefined;
}

async function countBoth(copied: readonly Copied[], request: VanishedRequest): Promise<readonly Counts[]> {
  const { report } = request;
  const [source, destination] = await Promise.all([
    countStreams(copied.map(onSource), { side: 'source', reader: request.source, report }, { together: TOGETHER }),
    countStreams(
      copied.map(onDestination),
      { side: 'destination', reader: request.destination, report },
      { together: TOGETHER },
    ),
  ]);
  return copied.map((_, n) => ({ source: source[n], destination: destination[n] }));
}

// Rows that were added since have greater keys than any that was copied.
function onSource({ pair, progress, filter }: Copied): CountRequest {
  return { container: { stream: pair.stream, id: pair.sourceId }, filter: { ...filter, keyUpTo: progress.lastKey } };
}

function onDestination({ pair, filter }: Copied): CountRequest {
  return { container: { stream: pair.stream, id: pair.destinationId }, filter };
}

/** Rows that the source has and the destination would not take, by container. */
async function quarantinedRows({ streams }: VanishedRequest): Promise<ReadonlyMap<string, number>> {
  const rows = new Map<string, Set<string>>();
  for (const { stream, container, rowId, attachmentKey, status } of await streams.quarantine()) {
    if (status !== 'open' || rowId === null || attachmentKey !== null) continue;
    const name = nameOf({ stream, sourceId: container });
    rows.set(name, (rows.get(name) ?? new Set()).add(rowId));
  }
  return new Map([...rows].map(([name, ids]) => [name, ids.size]));
}

function nameOf({ stream, sourceId }: Pick<ContainerPairOf, 'stream' | 'sourceId'>): string {
  return `${stream} ${sourceId}`;
}

/** One container that cannot be read hides no other. */
async function findIn(
  one: Counted,
  aside: number,
  request: VanishedRequest,
  signal: AbortSignal,
): Promise<VanishedRows> {
  const { pair, progress, source, destination } = one;
  const { spec, streams, report } = request;
  const { address, stream } = pair;
  const none: VanishedRows = { address, rows: 0, ids: [], sourceIsEmpty: false };
  if (source.rows - aside === destination.rows) return none;
  const ours = await streams.writtenXacts({ stream, id: pair.sourceId });
  if (ours.size === 0) return none;
  const search = new VanishedSearch(
    { ...request, pair, seen: progress.windowNewest ?? progress.settled, ours, most: spec.policy.maxDeletes },
    {
      window: new ByteWindow(WINDOW_BYTES / SIDE_BY_SIDE),
      conditions: { source: newReadConditions(), destination: newReadConditions() },
      signal,
      now: () => performance.now(),
    },
  );
  try {
    const slices = await slicesOf(one, aside, request);
    report({ type: 'search_started', address, rows_total: rowsOf(slices), requests: requestsFor(slices) });
    for (const slice of slices) {
      const within = { createdAfter: slice.createdAfter, createdBefore: slice.createdBefore };
      await search.look({
        source: { ...onSource(one).filter, ...within },
        destination: { ...onDestination(one).filter, ...within },
        rows: slice,
      });
    }
    const sourceIsEmpty = source.rows === 0 && search.found.rows > 0 && (await showsNothing(pair, request));
    report({ type: 'search_finished', address, rows: search.found.rows });
    return { address, ...search.found, sourceIsEmpty };
  } catch (error) {
    if (!(error instanceof BtMigrateError) || endsReading(error)) throw error;
    const detail = `Which rows of ${address} the source no longer has could not be found out. ${error.detail}`;
    report({ type: 'search_finished', address, rows: null });
    report({ type: 'warning', code: error.code, detail });
    return { ...none, rows: null };
  }
}

function rowsOf(slices: readonly Slice[]): number {
  return slices.reduce((sum, { source, destination }) => sum + source + destination, 0);
}

/** Pages of names on both sides, and questions to the source about rows that it did not name. */
function requestsFor(slices: readonly Slice[]): { source: number; destination: number } {
  const requests = { source: 0, destination: 0 };
  for (const { source, destination } of slices) {
    // Behind a last page that is full, one more finds nothing.
    requests.source += Math.floor(source / PAGE_ROWS) + 1 + Math.ceil(Math.max(0, destination - source) / ASKED);
    requests.destination += Math.floor(destination / PAGE_ROWS) + 1;
  }
  return requests;
}

/** Rows that are younger than what was copied, or outside of the creation window, show that the source can be read. */
async function showsNothing({ stream, sourceId }: ContainerPairOf, { source }: VanishedRequest): Promise<boolean> {
  const [all] = await source.countRows([{ container: { stream, id: sourceId }, filter: NO_FILTER }]);
  return (all?.rows ?? 0) === 0;
}

async function slicesOf(one: Counted, aside: number, request: VanishedRequest): Promise<readonly Slice[]> {
  const { source, destination, filter } = one;
  const { createdAfter, createdBefore } = filter;
  const whole = { createdAfter, createdBefore, source: source.rows, destination: destination.rows };
  const known = [source.oldest, destination.oldest].flatMap((text) => (text === null ? [] : [Date.parse(text)]));
  const from = createdAfter === null ? Math.min(...known) : Date.parse(createdAfter);
  const to = createdBefore === null ? request.source.serverTime() + A_DAY : Date.parse(createdBefore);
  if (!Number.isFinite(from)) return [whole];
  // Where the rows in quarantine were created nobody knows, so that a slice that adds up proves nothing.
  const slices = aside > 0 ? fittingSlices : differingSlices;
  return slices({ ...whole, from, to }, async (slice) => {
    const [ofSource, ofDestination] = [onSource(one), onDestination(one)];
    const [[there], [here]] = await Promise.all([
      request.source.countRows([{ ...ofSource, filter: { ...ofSource.filter, ...slice } }]),
      request.destination.countRows([{ ...ofDestination, filter: { ...ofDestination.filter, ...slice } }]),
    ]);
    return { source: there?.rows ?? 0, destination: here?.rows ?? 0 };
  });
}
