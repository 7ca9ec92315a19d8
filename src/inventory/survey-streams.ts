import type { Reporter } from '../domain/event.ts';
import { STREAM_KINDS } from '../domain/kind.ts';
import type { OrgReader } from '../domain/org.ts';
import type { PlannedCollisions } from '../domain/plan.ts';
import { NO_FILTER, type RowCount } from '../domain/row-io.ts';
import type { Spec } from '../domain/spec.ts';
import type { StateSnapshot } from '../domain/state.ts';
import { CONTAINERS_PER_QUERY, countStreams, queriesFor } from './count-streams.ts';
import { findCollisions, type OccupiedContainer, QUERIES_OF_A_SEARCH } from './find-collisions.ts';
import { filterOfPass, type NextPass, planPass } from './plan-pass.ts';
import type { Inventories } from './read-inventories.ts';
import { type Sample, type Sampled, sampleRows } from './sample-rows.ts';
import { type SelectedStream, selectStreams } from './select-streams.ts';

/** What is known of the rows of one container before anything is decided about them. */
export interface SurveyedStream extends SelectedStream {
  readonly next: NextPass;
  /** Rows the next pass has to read; null when nobody counted. */
  readonly count: RowCount | 'failed' | null;
  /** Rows the destination container holds, counted before a first copy into one that exists; null when not counted. */
  readonly destinationRows: number | 'failed' | null;
  /** Rows that it holds and the copy would bring, too; undefined where nobody looked. */
  readonly collides: PlannedCollisions | undefined;
  /** From sampled rows of this container, else of its stream, else of any; null when none were sampled. */
  readonly bytesPerRow: number | null;
}

export interface SurveyRequest {
  readonly spec: Spec;
  readonly state: StateSnapshot;
  readonly inventories: Inventories;
  readonly source: OrgReader;
  readonly destination: OrgReader;
  readonly report: Reporter;
}

/** Lists the selected streams without asking either organization for rows. */
export function listStreams({
  spec,
  state,
  inventories,
}: Pick<SurveyRequest, 'spec' | 'state' | 'inventories'>): SurveyedStream[] {
  return selectStreams({ spec, ...inventories }).map((stream) => ({
    ...stream,
    next: planPass(stream, spec, state),
    count: null,
    destinationRows: null,
    collides: undefined,
    bytesPerRow: null,
  }));
}

/**
 * Counts what the next pass over each selected container has to read and whether a first copy would meet rows, looks which
 * these are, and samples some rows for their size. All queries together are at most containers / 25 + 5 (contract section 9:
 * there may be 20 a minute), unless a server refuses to group: the counts of the source come first, then those of the
 * destination, for which more containers share a query where there are many, then two for rows with ids that both sides
 * have, and what is left is for samples.
 * @throws errors after which nothing more can be read; what cannot be counted is `failed`.
 */
export async function surveyStreams(request: SurveyRequest): Promise<SurveyedStream[]> {
  const { report } = request;
  const listed = listStreams(request);
  const sourceCounts = await countStreams(
    listed.map(({ stream, source, next }) => ({ container: { stream, id: source.id }, filter: filterOfPass(next) })),
    { side: 'source', reader: request.source, report },
    { unaccepted: true },
  );
  const counted = listed.map((stream, n): SurveyedStream => ({ ...stream, count: sourceCounts[n] ?? 'failed' }));
  let left = Math.floor(listed.length / CONTAINERS_PER_QUERY) + 5 - queriesFor(perKind(listed), CONTAINERS_PER_QUERY);
  const occupiable = counted.filter(meetsRows);
  const together = groupSize(perKind(occupiable), left - QUERIES_OF_A_SEARCH);
  left -= queriesFor(perKind(occupiable), together);
  const destinationCounts = await countStreams(
    occupiable.flatMap(({ stream, destination }) =>
      destination === undefined ? [] : [{ container: { stream, id: destination.id }, filter: NO_FILTER }],
    ),
    { side: 'destination', reader: request.destination, report },
    { together },
  );
  const held = new Map(
    occupiable.map((stream, n) => [stream.address, destinationCounts[n]?.rows ?? ('failed' as const)]),
  );
  const occupied = occupiable.flatMap((stream) => occupiedContainer(stream, held.get(stream.address)));
  const looks = occupied.length > 0 && left >= QUERIES_OF_A_SEARCH;
  const collisions = looks ? await findCollisions(occupied, request) : undefined;
  if (looks) left -= QUERIES_OF_A_SEARCH;
  const sizes = await sampleSizes(counted, request.source, left);
  return counted.map((stream) => ({
    ...stream,
    destinationRows: held.get(stream.address) ?? null,
    collides: collisions?.get(stream.address),
    bytesPerRow: sizes(stream),
  }));
}

// Only what was never copied can meet rows that are not ours; a pass that was begun has met what there was.
function meetsRows({ destination, next, count }: SurveyedStream): boolean {
  if (destination === undefined || next.pass !== 'first' || next.unfinished.length > 0) return false;
  return count !== null && count !== 'failed' && count.rows > 0;
}

function occupiedContainer(
  { address, stream, source, destination, next }: SurveyedStream,
  rows: number | 'failed' | undefined,
): OccupiedContainer[] {
  if (destination === undefined || typeof rows !== 'number' || rows === 0) return [];
  return [{ address, stream, sourceId: source.id, destinationId: destination.id, filter: filterOfPass(next), rows }];
}

function perKind(streams: readonly SurveyedStream[]): number[] {
  return STREAM_KINDS.map((kind) => streams.filter(({ stream }) => stream === kind).length);
}

/** Containers of one query so that all fit into `queries`, within what a query can hold. */
function groupSize(containers: readonly number[], queries: number): number {
  let together = CONTAINERS_PER_QUERY;
  while (queriesFor(containers, together) > queries && together < 400) together *= 2;
  return together;
}

/** Samples the largest containers and says how many bytes a row of any of them has. */
async function sampleSizes(
  streams: readonly SurveyedStream[],
  reader: OrgReader,
  queries: number,
): Promise<(stream: SurveyedStream) => number | null> {
  const candidates = new Map<string, Sampled>();
  for (const { address, next, count } of streams) {
    if (count === null || count === 'failed' || count.rows === 0) continue;
    // The bounds of the count, so that the same plan samples the same rows.
    candidates.set(address, { count, filter: { ...filterOfPass(next), xactUpTo: count.newest } });
  }
  const samples = await sampleRows([...candidates.values()], reader, queries);
  const ofStream = (kind: string | undefined): number | null =>
    average(
      [...samples]
        .filter(([{ count }]) => kind === undefined || count.container.stream === kind)
        .map(([, sample]) => sample),
    );
  return ({ address, stream }) => {
    const candidate = candidates.get(address);
    const own = candidate === undefined ? undefined : samples.get(candidate);
    return (own === undefined ? null : average([own])) ?? ofStream(stream) ?? ofStream(undefined);
  };
}

function average(samples: readonly Sample[]): number | null {
  const rows = samples.reduce((sum, sample) => sum + sample.rows, 0);
  return rows === 0 ? null : samples.reduce((sum, sample) => sum + sample.bytes, 0) / rows;
}
