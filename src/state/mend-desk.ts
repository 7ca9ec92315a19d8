import { storedActionId } from '../domain/stored-name.ts';
import type { StoredUnresolved } from '../domain/stored-streams.ts';
import { type MendRequest, MOST_UNRESOLVED, type NotedReference, type StreamRange } from '../domain/stream-state.ts';
import type { MendedReference } from '../domain/stream-store.ts';
import { compareXacts } from '../domain/xact.ts';
import { isMending, newRange, rangeOf } from './convert-streams.ts';
import type { ContainerKey, PassDeskParts } from './pass-desk.ts';

/**
 * Remembers what rows were written with that the destination had nothing for, and how far it has been mended. Everything
 * here runs inside a transaction of the caller.
 */
export class MendDesk {
  private readonly parts: PassDeskParts;

  constructor(parts: PassDeskParts) {
    this.parts = parts;
  }

  /** What another run had begun begins anew: it may have been about other references. */
  open(request: MendRequest): StreamRange {
    const { range: table } = this.parts.tables;
    const { runId, stream, container, filter } = request;
    const actionId = storedActionId(this.parts.lineage(), request.actionId);
    const before = table.rows({ stream, container }).filter(isMending);
    const own = before.find((range) => range.run_id === runId && range.action_id === actionId);
    if (own !== undefined && own.xact_after === filter.xactAfter && own.xact_up_to === filter.xactUpTo) {
      if (own.status === 'committed') return rangeOf(own);
      const leased = { ...own, status: 'leased' as const };
      table.put(leased);
      return rangeOf(leased);
    }
    for (const { id } of before) table.delete({ id });
    const bounds = { lo: null, hi: null };
    // Of the rows within its bounds none is late: they were read before.
    const pass = { ...request, actionId, settled: filter.xactUpTo, cuts: [null] };
    const begun = { ...newRange(this.parts.uuid(), 0, bounds, pass), status: 'leased' as const };
    table.put(begun);
    return rangeOf(begun);
  }

  finish(rangeId: string, mended: readonly MendedReference[], isRepeatable: boolean): void {
    const { range: table, unresolved } = this.parts.tables;
    const range = table.row({ id: rangeId });
    if (range === undefined) throw new Error(`There is no range ${rangeId}.`);
    if (isRepeatable) table.delete({ id: rangeId });
    else table.put({ ...range, status: 'committed' });
    const { stream, container } = range;
    for (const { type, sourceId } of mended) unresolved.delete({ stream, container, type, source_id: sourceId ?? '' });
  }

  /** Adds what a batch has written. */
  note({ stream, container }: ContainerKey, references: readonly NotedReference[]): void {
    if (references.length === 0) return;
    const table = this.parts.tables.unresolved;
    const known = new Map(table.rows({ stream, container }).map((row) => [nameOf(row), row]));
    for (const { type, sourceId, rows, firstXact, lastXact } of references) {
      const row = {
        stream,
        container,
        type,
        source_id: sourceId ?? '',
        rows,
        first_xact: firstXact,
        last_xact: lastXact,
      };
      const named = known.has(nameOf(row)) || known.size < MOST_UNRESOLVED ? row : { ...row, source_id: '' };
      const sum = added(named, known.get(nameOf(named)));
      known.set(nameOf(sum), sum);
      table.put(sum);
    }
  }
}

function nameOf({ type, source_id }: StoredUnresolved): string {
  return `${type} ${source_id}`;
}

function added(row: StoredUnresolved, before: StoredUnresolved | undefined): StoredUnresolved {
  if (before === undefined) return row;
  const isOlder = compareXacts(row.first_xact, before.first_xact) < 0;
  const isNewer = compareXacts(row.last_xact, before.last_xact) > 0;
  return {
    ...row,
    rows: row.rows + before.rows,
    first_xact: isOlder ? row.first_xact : before.first_xact,
    last_xact: isNewer ? row.last_xact : before.last_xact,
  };
}
