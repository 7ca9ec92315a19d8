import { BtMigrateError } from '../domain/errors.ts';
import type { Reporter } from '../domain/event.ts';
import { STREAM_KINDS } from '../domain/kind.ts';
import type { OrgReader } from '../domain/org.ts';
import { type Container, NO_FILTER } from '../domain/row-io.ts';
import type { StreamStore } from '../domain/stream-store.ts';
import { compareXacts, LOWEST_XACT, newerXact } from '../domain/xact.ts';
import { CONTAINERS_PER_QUERY, countStreams } from './count-streams.ts';
import { endsReading, unknownCode } from './list-failure.ts';
import { streamGroups } from './stream-groups.ts';

/** A destination container and the source container that its rows came from. */
export interface CopiedContainer {
  readonly destination: Container;
  /** Id of the source container. */
  readonly sourceId: string;
}

/** The rows of a destination container. */
export interface HeldRows {
  readonly rows: number;
  /** Of these, the ones that this state did not write, or that somebody edited since: it knows its own transactions. */
  readonly notOurs: number;
}

export interface RowCounting {
  readonly reader: OrgReader;
  readonly store: Pick<StreamStore, 'writtenXacts'>;
  readonly report: Reporter;
}

/**
 * Counts the rows of destination containers, and those that are not ours: for 25 containers of one stream a query, and one
 * more by transaction where there are rows. In the order of `containers`; what cannot be counted is undefined and reported,
 * never 0, and so is a container of which the server did not show all transactions, or rows older than what we wrote last.
 * @throws errors after which nothing more can be read.
 */
export async function countHeldRows(
  containers: readonly CopiedContainer[],
  counting: RowCounting,
): Promise<(HeldRows | undefined)[]> {
  const sorted = STREAM_KINDS.flatMap((stream) =>
    containers.filter(({ destination }) => destination.stream === stream),
  );
  const totals = await countStreams(
    sorted.map(({ destination }) => ({ container: destination, filter: NO_FILTER })),
    { side: 'destination', ...counting },
  );
  const rows = new Map<CopiedContainer, number | undefined>();
  for (const [n, container] of sorted.entries()) {
    const total = totals[n];
    const isUnsure = total?.rows === 0 && (await isBehind(total.watermark.visible, container, counting));
    rows.set(container, isUnsure ? undefined : total?.rows);
  }
  const occupied = sorted.filter((container) => (rows.get(container) ?? 0) > 0);
  const notOurs = new Map<CopiedContainer, HeldRows | undefined>();
  await Promise.all(
    streamGroups(occupied, ({ destination }) => destination, CONTAINERS_PER_QUERY).map(async (group) => {
      const held = await countGroup(group, counting);
      for (const [n, container] of group.entries()) notOurs.set(container, held[n]);
    }),
  );
  return containers.map((container) => {
    const total = rows.get(container);
    if (total === undefined || total === 0) return total === undefined ? undefined : { rows: 0, notOurs: 0 };
    const held = notOurs.get(container);
    return held === undefined || held.rows < total ? undefined : held;
  });
}

async function countGroup(
  group: readonly CopiedContainer[],
  counting: RowCounting,
): Promise<readonly (HeldRows | undefined)[]> {
  const { reader, store, report } = counting;
  try {
    const ours = await Promise.all(group.map((container) => xactsOf(container, store)));
    const seen = ours.reduce<string | null>((newest, xacts) => newerXact(newest, newestOf(xacts)), null);
    const counts = await reader.countByTransaction(
      group.map(({ destination }) => destination),
      seen,
    );
    return group.map(({ destination: { id } }, n) => {
      const held = [...(counts.get(id) ?? [])];
      return { rows: sum(held), notOurs: sum(held.filter(([xact]) => ours[n]?.has(xact) !== true)) };
    });
  } catch (error) {
    if (!(error instanceof BtMigrateError) || endsReading(error)) throw error;
    // One container that the key may not read, or a server that does not group like this, does not hide the others.
    if (group.length > 1) {
      const alone: (HeldRows | undefined)[] = [];
      for (const container of group) alone.push(...(await countGroup([container], counting)));
      return alone;
    }
    const kind = group[0]?.destination.stream ?? '';
    report({ type: 'list_failed', side: 'destination', kind, code: unknownCode(error), detail: error.detail });
    return [undefined];
  }
}

/** Where no row shows, only a server that says how far it reaches can be told to be behind what we wrote. */
async function isBehind(visible: string, container: CopiedContainer, { store }: RowCounting): Promise<boolean> {
  if (visible === LOWEST_XACT) return false;
  const written = newestOf(await xactsOf(container, store));
  return written !== null && compareXacts(visible, written) < 0;
}

function xactsOf({ destination: { stream }, sourceId }: CopiedContainer, store: RowCounting['store']) {
  return store.writtenXacts({ stream, id: sourceId });
}

function newestOf(xacts: ReadonlySet<string>): string | null {
  return [...xacts].reduce<string | null>(newerXact, null);
}

function sum(counts: readonly (readonly [xact: string, rows: number])[]): number {
  return counts.reduce((total, [, rows]) => total + rows, 0);
}
