import type { Address } from '../domain/address.ts';
import type { DriftItem, DriftStatus } from '../domain/drift.ts';
import type { Reporter } from '../domain/event.ts';
import type { OrgReader } from '../domain/org.ts';
import type { PlannedChange } from '../domain/plan.ts';
import { type CountRequest, NO_FILTER, type RowCount, type RowFilter } from '../domain/row-io.ts';
import type { Spec } from '../domain/spec.ts';
import type { StateSnapshot } from '../domain/state.ts';
import { countStreams } from '../inventory/count-streams.ts';
import { filterOfPass, type NextPass, planPass } from '../inventory/plan-pass.ts';
import type { Inventories } from '../inventory/read-inventories.ts';
import { type SelectedStream, selectStreams } from '../inventory/select-streams.ts';

export interface DriftOfRows {
  readonly spec: Spec;
  readonly source: OrgReader;
  readonly destination: OrgReader;
  readonly inventories: Inventories;
  readonly state: Pick<StateSnapshot, 'streams' | 'unfinished'>;
  readonly report: Reporter;
}

type Known = SelectedStream & { readonly next: NextPass };

/** What was counted of one container; undefined where nobody could count. */
interface Counts {
  readonly all: RowCount | undefined;
  /** With a younger transaction than any row that the last pass saw, and a key that it knew. */
  readonly edited: RowCount | undefined;
  /** With a greater key than any row before. */
  readonly added: RowCount | undefined;
  readonly there: RowCount | undefined;
}

/**
 * Says how the rows of every selected container stand to what was last copied, by counting: four queries for 25 containers.
 * Rows are told apart by key (a row keeps the one it was inserted with) and transaction (every edit moves it; fact sheet 4.2).
 * @throws errors after which nothing more can be read; what cannot be counted is `unknown`.
 */
export async function driftOfRows(request: DriftOfRows): Promise<readonly DriftItem[]> {
  const { spec, state, inventories } = request;
  const streams = selectStreams({ spec, ...inventories }).map((one) => ({ ...one, next: planPass(one, spec, state) }));
  const counts = await countAll(streams, request);
  return streams.flatMap((stream, n) => itemOf(stream, counts[n] as Counts) ?? []);
}

async function countAll(streams: readonly Known[], request: DriftOfRows): Promise<readonly Counts[]> {
  const { report } = request;
  const source = (filterOf: (stream: Known) => RowFilter): Promise<readonly (RowCount | undefined)[]> =>
    countStreams(
      streams.map(
        (one): CountRequest => ({ container: { stream: one.stream, id: one.source.id }, filter: filterOf(one) }),
      ),
      { side: 'source', reader: request.source, report },
    );
  const within = ({ next }: Known): RowFilter => ({ ...filterOfPass(next), xactAfter: null });
  // Everything that the last pass saw is older.
  const since = (one: Known): RowFilter => ({
    ...within(one),
    xactAfter: one.next.progress?.windowNewest ?? one.next.xactAfter,
  });
  const made = streams.filter(({ destination }) => destination !== undefined);
  const [all, edited, added, there] = await Promise.all([
    source(within),
    source((one) => ({ ...since(one), keyUpTo: one.next.progress?.lastKey ?? null })),
    source((one) => ({ ...since(one), keyAfter: one.next.progress?.lastKey ?? null })),
    countStreams(
      made.map((one) => ({
        container: { stream: one.stream, id: one.destination?.id ?? '' },
        filter: one.next.createdAfter === null && one.next.createdBefore === null ? NO_FILTER : within(one),
      })),
      { side: 'destination', reader: request.destination, report },
    ),
  ]);
  const thereOf = new Map<Address, RowCount | undefined>(made.map(({ address }, n) => [address, there[n]]));
  return streams.map(({ address }, n) => ({
    all: all[n],
    edited: edited[n],
    added: added[n],
    there: thereOf.get(address),
  }));
}

/** Undefined for a container that holds no rows and never had any. */
function itemOf({ address, destination, next }: Known, { all, edited, added, there }: Counts): DriftItem | undefined {
  if (all === undefined || edited === undefined || added === undefined) return unknown(address);
  if (destination !== undefined && there === undefined) return unknown(address);
  const { progress } = next;
  if (progress === undefined) {
    if (all.rows === 0) return undefined;
    const detail = destination === undefined ? 'The container is not there yet.' : 'Never copied.';
    return { address, status: 'missing', changes: [change('added', all.rows)], detail };
  }
  const balance = all.rows - added.rows - (there?.rows ?? 0);
  const changes = [
    ...(added.rows > 0 ? [change('added', added.rows)] : []),
    ...(edited.rows > 0 ? [change('edited', edited.rows)] : []),
    ...(balance > 0 ? [change('missing', balance)] : []),
    ...(balance < 0 ? [change('surplus', -balance)] : []),
  ];
  const status = statusOf(added.rows + edited.rows > 0 || balance < 0, balance > 0);
  return { address, status, changes, ...(status === 'in_sync' ? {} : { detail: words(changes) }) };
}

function statusOf(sourceMoved: boolean, destinationMoved: boolean): DriftStatus {
  if (sourceMoved) return destinationMoved ? 'both_moved' : 'source_moved';
  return destinationMoved ? 'destination_moved' : 'in_sync';
}

function unknown(address: Address): DriftItem {
  return { address, status: 'unknown', changes: [], detail: 'Its rows could not be counted.' };
}

const MEANINGS: Readonly<Record<string, string>> = {
  'rows.added': 'added in the source since the last pass',
  'rows.edited': 'edited in the source since then',
  'rows.missing': 'missing in the destination of those that were copied',
  'rows.surplus': 'only in the destination: deleted in the source, or not ours',
};

function change(what: 'added' | 'edited' | 'missing' | 'surplus', rows: number): PlannedChange {
  return { path: `rows.${what}`, after: rows };
}

function words(changes: readonly PlannedChange[]): string {
  return `${changes.map(({ path, after }) => `${after} ${after === 1 ? 'row' : 'rows'} ${MEANINGS[path]}`).join(', ')}.`;
}
