/**
 * What a splice learns about a row. One object is reused for row after row, so that the fast path allocates nothing.
 * An offset pair is -1, -1 when the row has no such text (absent, null or not a string).
 */
export interface SplicedRow {
  /** Index into the rule's containers. */
  container: number;
  /** Text between the quotes, in the source; it may hold escapes (`decodeText`). */
  idStart: number;
  idEnd: number;
  /** `_pagination_key`, in the source. */
  keyStart: number;
  keyEnd: number;
  /** `_xact_id`, in the source; the digits of a number too. */
  xactStart: number;
  xactEnd: number;
  createdStart: number;
  createdEnd: number;
  /** Value of a non-null `origin`, in the target. */
  originStart: number;
  originEnd: number;
  /** Value of a `metadata` object that may hold references, in the target. */
  metadataStart: number;
  metadataEnd: number;
  /** `dataset_record_id` is a row id of the dataset and row ids survive; it is only pointed out. */
  hasDatasetRecordId: boolean;
  /** The row says `_object_delete: true`: it is deleted, nothing was written. */
  tombstone: boolean;
  /** One bit per entry of `LOST_COLUMNS` that the row had content in and the API will not take. */
  lost: number;
}

/** What a row may lose; a bit of `SplicedRow.lost` each, from the lowest. The first four in the order of row-column.ts. */
export const LOST_COLUMNS = [
  'audit_data',
  'classifications',
  'comments',
  '_async_scoring_state',
  'control_keys',
] as const;

export type LostColumn = (typeof LOST_COLUMNS)[number];

export function newSplicedRow(): SplicedRow {
  return {
    container: -1,
    idStart: -1,
    idEnd: -1,
    keyStart: -1,
    keyEnd: -1,
    xactStart: -1,
    xactEnd: -1,
    createdStart: -1,
    createdEnd: -1,
    originStart: -1,
    originEnd: -1,
    metadataStart: -1,
    metadataEnd: -1,
    hasDatasetRecordId: false,
    tombstone: false,
    lost: 0,
  };
}

export function clearSplicedRow(row: SplicedRow): void {
  row.container = -1;
  row.idStart = -1;
  row.idEnd = -1;
  row.keyStart = -1;
  row.keyEnd = -1;
  row.xactStart = -1;
  row.xactEnd = -1;
  row.createdStart = -1;
  row.createdEnd = -1;
  row.originStart = -1;
  row.originEnd = -1;
  row.metadataStart = -1;
  row.metadataEnd = -1;
  row.hasDatasetRecordId = false;
  row.tombstone = false;
  row.lost = 0;
}
