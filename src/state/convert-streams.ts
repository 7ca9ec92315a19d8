import type { ResourceKind, StreamKind } from '../domain/kind.ts';
import type {
  StoredProgress,
  StoredQuarantine,
  StoredRange,
  StoredUnresolved,
  StoredVersion,
} from '../domain/stored-streams.ts';
import type {
  PassFilter,
  PassRequest,
  QuarantineItem,
  StreamProgress,
  StreamRange,
  UnresolvedReference,
  VersionPair,
} from '../domain/stream-state.ts';

export function rangeOf(row: StoredRange): StreamRange {
  return {
    id: row.id,
    actionId: row.action_id,
    stream: row.stream as StreamKind,
    container: row.container,
    destinationContainer: row.destination_container,
    lo: row.lo,
    hi: row.hi,
    seq: row.seq,
    filter: filterOf(row),
    settled: row.settled,
    status: row.status,
    position: row.position,
    rows: row.rows,
    bytes: row.bytes,
    quarantined: row.quarantined,
    kept: row.kept,
  };
}

/** True of a range that writes rows again, and so says nothing of how far its container was copied. */
export function isMending({ action_id }: Pick<StoredRange, 'action_id'>): boolean {
  return action_id.startsWith('mend:');
}

export function filterOf(row: StoredRange): PassFilter {
  return {
    xactAfter: row.xact_after,
    xactUpTo: row.xact_up_to,
    createdAfter: row.created_after,
    createdBefore: row.created_before,
  };
}

/** A range that nothing was copied of yet; `actionId` as it is stored. */
export function newRange(
  id: string,
  seq: number,
  bounds: { readonly lo: string | null; readonly hi: string | null },
  request: PassRequest & { readonly actionId: string },
): StoredRange {
  return {
    id,
    run_id: request.runId,
    action_id: request.actionId,
    stream: request.stream,
    container: request.container,
    destination_container: request.destinationContainer,
    ...bounds,
    seq,
    xact_after: request.filter.xactAfter,
    xact_up_to: request.filter.xactUpTo,
    created_after: request.filter.createdAfter,
    created_before: request.filter.createdBefore,
    settled: request.settled,
    status: 'pending',
    position: null,
    rows: 0,
    bytes: 0,
    quarantined: 0,
    kept: 0,
    batches: 0,
    newest_source_xact: null,
    newest_destination_xact: null,
    window_rows: 0,
    window_newest: null,
  };
}

export function unresolvedOf(row: StoredUnresolved): UnresolvedReference {
  return {
    stream: row.stream as StreamKind,
    container: row.container,
    type: row.type,
    sourceId: row.source_id === '' ? null : row.source_id,
    rows: row.rows,
    firstXact: row.first_xact,
    lastXact: row.last_xact,
  };
}

export function progressOf(row: StoredProgress): StreamProgress {
  return {
    stream: row.stream as StreamKind,
    container: row.container,
    destinationContainer: row.destination_container,
    settled: row.settled,
    windowRows: row.window_rows,
    windowNewest: row.window_newest,
    lastKey: row.last_key,
    windowDigest: row.window_digest,
    rows: row.rows,
    bytes: row.bytes,
  };
}

export function versionOf({ kind, source_id, source, destination }: StoredVersion): VersionPair {
  return { kind: kind as StreamKind | ResourceKind, sourceId: source_id, source, destination };
}

export function quarantineItemOf(row: StoredQuarantine): QuarantineItem {
  return {
    id: row.id,
    stream: row.stream as StreamKind,
    container: row.container,
    rowId: row.row_id,
    attachmentKey: row.attachment_key,
    size: row.size,
    reason: row.reason,
    detail: row.detail,
    file: row.file,
    destinationContainer: row.destination_container,
    runId: row.run_id,
    status: row.status,
  };
}
