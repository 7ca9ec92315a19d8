import { BtMigrateError } from '../domain/errors.ts';
import type { RowCount, RowFilter } from '../domain/row-io.ts';
import { windowDigest } from '../domain/stream-state.ts';
import type { VerifyItem } from '../domain/verification.ts';
import { countStreams } from '../inventory/count-streams.ts';
import { endsReading } from '../inventory/list-failure.ts';
import { type SelectedStream, selectStreams } from '../inventory/select-streams.ts';
import { checkWindows } from './check-windows.ts';
import { compareRows } from './compare-rows.ts';
import { ContainerCheck } from './container-check.ts';
import { findWindows, type Uneven } from './find-window.ts';
import { RowTargets } from './row-references.ts';
import { sampleWindows } from './sample-windows.ts';
import type { ContainerPairOf } from './selected-pair.ts';
import type { VerifyContext } from './verify-context.ts';

/** Rows of one request, for estimates (fact sheet 5.3). */
const PAGE_ROWS = 1000;
/** Milliseconds: clocks may differ, and a row may say that it was created tomorrow. */
const A_DAY = 86_400_000;

interface Counted {
  readonly pair: ContainerPairOf;
  readonly filter: RowFilter;
  readonly source: RowCount | undefined;
  readonly destination: RowCount | undefined;
}

/**
 * Compares the rows of every selected container with what arrived, as deep as the level says:
 * - `count`: numbers of rows, and for those that differ the time in which they do.
 * - `hash`: the destination is read and held against the digests that were taken while copying; what does not fit is
 *   compared row by row.
 * - `content`: both sides are read and compared row by row.
 * @throws errors after which nothing more can be read.
 */
export async function verifyStreams(context: VerifyContext): Promise<readonly VerifyItem[]> {
  const { spec, inventories } = context;
  const items: VerifyItem[] = [];
  const pairs: ContainerPairOf[] = [];
  for (const stream of selectStreams({ spec, ...inventories })) {
    if (stream.destination === undefined) items.push(await missingContainer(stream, context));
    else pairs.push(pairOf(stream, stream.destination.id));
  }
  const counted = await countBoth(pairs, context);
  context.onEstimate(estimate(counted, context));
  const verdicts = context.level === 'count' ? await byCount(counted, context) : await byRows(counted, context);
  return [...items.filter(({ source_rows: rows }) => rows !== 0), ...verdicts];
}

function pairOf({ address, stream, source }: SelectedStream, destinationId: string): ContainerPairOf {
  return { address, stream, sourceId: source.id, destinationId };
}

function filterOf({ stream }: Pick<ContainerPairOf, 'stream'>, { spec }: VerifyContext): RowFilter {
  const window = stream === 'logs' ? spec.streams.logs : undefined;
  return {
    keyAfter: null,
    keyUpTo: null,
    xactAfter: null,
    xactUpTo: null,
    createdAfter: window?.createdAfter ?? null,
    createdBefore: window?.createdBefore ?? null,
  };
}

async function missingContainer(stream: SelectedStream, context: VerifyContext): Promise<VerifyItem> {
  const container = { stream: stream.stream, id: stream.source.id };
  const filter = filterOf(stream, context);
  const side = { side: 'source' as const, reader: context.source, report: context.report };
  const [count] = await countStreams([{ container, filter }], side);
  return {
    address: stream.address,
    level: 'count',
    symbol: count === undefined ? '!' : '+',
    source_rows: count?.rows ?? null,
    destination_rows: 0,
    detail: 'The destination has no such container.',
  };
}

async function countBoth(pairs: readonly ContainerPairOf[], context: VerifyContext): Promise<readonly Counted[]> {
  const { report } = context;
  const filters = pairs.map((pair) => filterOf(pair, context));
  const requests = (idOf: (pair: ContainerPairOf) => string) =>
    pairs.map((pair, n) => ({
      container: { stream: pair.stream, id: idOf(pair) },
      filter: filters[n] as RowFilter,
    }));
  const [source, destination] = await Promise.all([
    countStreams(
      requests(({ sourceId }) => sourceId),
      { side: 'source', reader: context.source, report },
    ),
    countStreams(
      requests(({ destinationId }) => destinationId),
      { side: 'destination', reader: context.destination, report },
    ),
  ]);
  return pairs.map((pair, n) => ({
    pair,
    filter: filters[n] as RowFilter,
    source: source[n],
    destination: destination[n],
  }));
}

function estimate(counted: readonly Counted[], context: VerifyContext): { source: number; destination: number } {
  const { level, sample, bothSides } = context;
  if (level === 'count') return { source: 0, destination: 0 };
  const pages = (count: RowCount | undefined): number => Math.ceil((count?.rows ?? 0) / PAGE_ROWS);
  const sum = (side: 'source' | 'destination'): number => counted.reduce((total, one) => total + pages(one[side]), 0);
  if (sample !== undefined) return { source: 0, destination: Math.min(sample * counted.length, sum('destination')) };
  return { source: level === 'content' || bothSides ? sum('source') : 0, destination: sum('destination') };
}

async function byCount(counted: readonly Counted[], context: VerifyContext): Promise<readonly VerifyItem[]> {
  const uneven = counted.flatMap(({ pair, filter, source, destination }): Uneven[] =>
    source === undefined || destination === undefined || source.rows === destination.rows
      ? []
      : [{ pair, filter, sourceRows: source.rows, destinationRows: destination.rows }],
  );
  const oldest = new Map(counted.map(({ pair, source, destination }) => [pair.address, oldestOf(source, destination)]));
  const windows = await findWindows(uneven, oldest, context.today + A_DAY, context);
  return counted.map((one) => {
    const first = windows.get(one.pair.address);
    const symbol = symbolOfCounts(one.source?.rows, one.destination?.rows);
    return { ...itemOf(one), level: 'count', symbol, ...(first === undefined ? {} : { first_difference: first }) };
  });
}

function oldestOf(source: RowCount | undefined, destination: RowCount | undefined): number {
  const times = [source?.oldest, destination?.oldest].flatMap((text) => (text ? [Date.parse(text)] : []));
  return Math.min(...times.filter((time) => !Number.isNaN(time)), Number.MAX_SAFE_INTEGER);
}

function symbolOfCounts(source: number | undefined, destination: number | undefined): VerifyItem['symbol'] {
  if (source === undefined || destination === undefined) return '!';
  return source === destination ? '=' : '*';
}

function itemOf({
  pair,
  source,
  destination,
}: Counted): Pick<VerifyItem, 'address' | 'source_rows' | 'destination_rows'> {
  return {
    address: pair.address,
    source_rows: source?.rows ?? null,
    destination_rows: destination?.rows ?? null,
  };
}

/** Containers side by side; one that cannot be read hides no other. */
async function byRows(counted: readonly Counted[], context: VerifyContext): Promise<readonly VerifyItem[]> {
  const targets = new RowTargets(context);
  const items: VerifyItem[] = new Array(counted.length);
  let next = 0;
  const work = async (): Promise<void> => {
    for (let n = next++; n < counted.length; n = next++) {
      items[n] = await verifyContainer(counted[n] as Counted, targets, context);
    }
  };
  await Promise.all(Array.from({ length: Math.min(context.parallelism, counted.length) }, work));
  return items;
}

async function verifyContainer(one: Counted, targets: RowTargets, context: VerifyContext): Promise<VerifyItem> {
  const { level } = context;
  try {
    if (one.source === undefined || one.destination === undefined) return { ...itemOf(one), level, symbol: '!' };
    if (context.sample !== undefined) return await sampled(one, targets, context);
    if (level === 'hash' && !context.bothSides && (await isSettled(one, context))) {
      const recorded = await context.streams.writtenWindows({ stream: one.pair.stream, id: one.pair.sourceId });
      const check = new ContainerCheck(context, targets);
      const { rows, isIntact } = await checkWindows(one.pair, recorded, one.filter, context, check);
      if (isIntact) return check.addTo({ ...itemOf(one), level, symbol: '=', rows_compared: rows });
    }
    return await compared(one, targets, context);
  } catch (error) {
    if (!(error instanceof BtMigrateError) || endsReading(error)) throw error;
    return { ...itemOf(one), level, symbol: '!', detail: `${error.summary}. ${error.detail}` };
  }
}

/** True when the source shows nothing that was not copied: digests tell of the destination only. */
async function isSettled({ pair, filter, source, destination }: Counted, context: VerifyContext): Promise<boolean> {
  if (source?.rows !== destination?.rows) return false;
  const progress = context.state.streams.find(
    ({ stream, container, destinationContainer }) =>
      stream === pair.stream && container === pair.sourceId && destinationContainer === pair.destinationId,
  );
  const { createdAfter, createdBefore } = filter;
  if (progress?.windowDigest !== windowDigest({ createdAfter, createdBefore })) return source?.rows === 0;
  const container = { stream: pair.stream, id: pair.sourceId };
  const side = { side: 'source' as const, reader: context.source, report: context.report };
  const [count] = await countStreams([{ container, filter: { ...filter, xactAfter: progress.settled } }], side);
  return count?.rows === progress.windowRows && count.newest === progress.windowNewest;
}

async function compared(one: Counted, targets: RowTargets, context: VerifyContext): Promise<VerifyItem> {
  const check = new ContainerCheck(context, targets);
  const found = await compareRows(one.pair, one.filter, context, check);
  const { missing, surplus, changed, normalized, first } = found;
  const kinds = [missing > 0, surplus > 0, changed > 0].filter(Boolean).length;
  const symbol = kinds === 0 ? '=' : kinds > 1 || changed > 0 ? '*' : missing > 0 ? '+' : '-';
  const item: VerifyItem = {
    address: one.pair.address,
    level: 'content',
    symbol,
    source_rows: found.sourceRows,
    destination_rows: found.destinationRows,
    rows_compared: found.destinationRows,
    ...(normalized > 0 ? { normalized } : {}),
    ...(first === undefined ? {} : { first_difference: first }),
    ...(kinds === 0 ? {} : { detail: `${missing} missing, ${surplus} surplus, ${changed} changed.` }),
  };
  return check.addTo(item);
}

/** Digests of some windows; where one does not fit, rows of it may have been written again since, so all are compared. */
async function sampled(one: Counted, targets: RowTargets, context: VerifyContext): Promise<VerifyItem> {
  const recorded = await context.streams.writtenWindows({ stream: one.pair.stream, id: one.pair.sourceId });
  const check = new ContainerCheck(context, targets);
  const { rows, isIntact } = await sampleWindows(one.pair, recorded, one.filter, context, check);
  const isEven = symbolOfCounts(one.source?.rows, one.destination?.rows) === '=';
  if (!isEven || !isIntact) return compared(one, targets, context);
  return check.addTo({ ...itemOf(one), level: 'hash', symbol: '=', rows_compared: rows });
}
