import { newReferenceTally, type ReferenceTally } from './reference-lookup.ts';
import { LOST_COLUMNS, type LostColumn } from './spliced-row.ts';

/** What rows of one container lost or changed on their way; added to, never reset. */
export interface RowTally {
  /** Rows that had content in these columns, which the API will not take. */
  readonly lost: Record<LostColumn, number>;
  /** Rows with a `dataset_record_id`. */
  datasetRecordIds: number;
  /** Rows deleted in the source, which were not written. */
  tombstones: number;
  readonly references: ReferenceTally;
}

export function newRowTally(): RowTally {
  return {
    lost: { audit_data: 0, classifications: 0, comments: 0, _async_scoring_state: 0, control_keys: 0 },
    datasetRecordIds: 0,
    tombstones: 0,
    references: newReferenceTally(),
  };
}

export function addTally(to: RowTally, more: RowTally): void {
  for (const column of LOST_COLUMNS) to.lost[column] += more.lost[column];
  to.datasetRecordIds += more.datasetRecordIds;
  to.tombstones += more.tombstones;
  to.references.remapped += more.references.remapped;
  to.references.droppedPins += more.references.droppedPins;
  for (const [type, count] of more.references.unresolved) {
    to.references.unresolved.set(type, (to.references.unresolved.get(type) ?? 0) + count);
  }
}
