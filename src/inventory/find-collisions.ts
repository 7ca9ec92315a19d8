import type { Address } from '../domain/address.ts';
import { BtMigrateError } from '../domain/errors.ts';
import { compareText } from '../domain/json.ts';
import { STREAM_KINDS, type StreamKind } from '../domain/kind.ts';
import type { OrgReader } from '../domain/org.ts';
import type { PlannedCollisions } from '../domain/plan.ts';
import { type Container, NO_FILTER, type RowFilter } from '../domain/row-io.ts';
import { CONTAINERS_PER_QUERY } from './count-streams.ts';
import { endsReading } from './list-failure.ts';

/** Requests that a search takes at most: a page of the destination, and a question to the source. */
export const QUERIES_OF_A_SEARCH = 2;
/** Rows of the page; the question may name as many. */
const ROWS_LOOKED_AT = 500;
/** Ids that a plan names of each container. */
const IDS_NAMED = 5;

/** A container that has rows in the destination and would get more by a first copy. */
export interface OccupiedContainer {
  readonly address: Address;
  readonly stream: StreamKind;
  readonly sourceId: string;
  readonly destinationId: string;
  /** What a copy would read of the source; the same for all containers of a stream. */
  readonly filter: RowFilter;
  /** In the destination. */
  readonly rows: number;
}

/**
 * Finds rows that both sides hold under one id, with at most two requests: of one stream, in as many small containers as one
 * page holds whole, or in the first rows of the smallest. Containers that were not looked at are not in the answer, and none
 * is when either side cannot be asked.
 * @throws errors after which nothing more can be read.
 */
export async function findCollisions(
  occupied: readonly OccupiedContainer[],
  { source, destination }: { readonly source: OrgReader; readonly destination: OrgReader },
): Promise<ReadonlyMap<Address, PlannedCollisions>> {
  const chosen = chooseContainers(occupied);
  const [first] = chosen;
  if (first === undefined) return new Map();
  try {
    const held = await destination.nameRows({
      containers: asked(chosen, ({ destinationId }) => destinationId),
      filter: NO_FILTER,
      rows: ROWS_LOOKED_AT,
    });
    const seen = chosen.filter(({ destinationId }) => held.has(destinationId));
    if (seen.length === 0) return new Map();
    const ids = new Map(seen.map(({ sourceId, destinationId }) => [sourceId, [...(held.get(destinationId) ?? [])]]));
    const there = await source.nameRows({
      containers: asked(seen, ({ sourceId }) => sourceId),
      filter: first.filter,
      ids,
      rows: ROWS_LOOKED_AT,
    });
    return new Map(
      seen.map(({ address, sourceId }) => {
        const looked = ids.get(sourceId) ?? [];
        const both = looked.filter((id) => there.get(sourceId)?.has(id) === true).sort(compareText);
        return [address, { ids: both.slice(0, IDS_NAMED), looked_at: looked.length, found: both.length }];
      }),
    );
  } catch (error) {
    if (!(error instanceof BtMigrateError) || endsReading(error)) throw error;
    return new Map();
  }
}

/** Of the stream with the most of them. */
function chooseContainers(occupied: readonly OccupiedContainer[]): readonly OccupiedContainer[] {
  const choices = STREAM_KINDS.map((kind) => smallest(occupied.filter(({ stream }) => stream === kind)));
  return choices.reduce((most, choice) => (choice.length > most.length ? choice : most));
}

function smallest(containers: readonly OccupiedContainer[]): readonly OccupiedContainer[] {
  const sorted = [...containers].sort((a, b) => a.rows - b.rows || compareText(a.address, b.address));
  let rows = 0;
  const fitting = sorted.slice(0, CONTAINERS_PER_QUERY).filter((container) => {
    rows += container.rows;
    return rows <= ROWS_LOOKED_AT;
  });
  return fitting.length === 0 ? sorted.slice(0, 1) : fitting;
}

function asked(
  containers: readonly OccupiedContainer[],
  idOf: (container: OccupiedContainer) => string,
): [Container, ...Container[]] {
  return containers.map((one) => ({ stream: one.stream, id: idOf(one) })) as [Container, ...Container[]];
}
