import type { Database } from 'better-sqlite3';
import type {
  StoredBlob,
  StoredDeleted,
  StoredIntent,
  StoredProgress,
  StoredQuarantine,
  StoredRange,
  StoredUnresolved,
  StoredVersion,
  StoredXact,
} from '../domain/stored-streams.ts';
import { SealedTable } from './sealed-table.ts';

/** One record for each batch with rows above the `settled` of its pass. */
export type WindowRow = {
  readonly stream: string;
  readonly container: string;
  readonly range_id: string;
  readonly batch: number;
  readonly hashes: Buffer;
};

/** One record for each batch that may write over rows and is not acknowledged. */
export type IntentRow = Omit<StoredIntent, 'rows'> & { readonly rows: Buffer };

export interface StreamTables {
  readonly range: SealedTable<StoredRange>;
  readonly progress: SealedTable<StoredProgress>;
  readonly window: SealedTable<WindowRow>;
  readonly writtenXact: SealedTable<StoredXact>;
  readonly version: SealedTable<StoredVersion>;
  readonly blob: SealedTable<StoredBlob>;
  readonly quarantine: SealedTable<StoredQuarantine>;
  readonly intent: SealedTable<IntentRow>;
  readonly unresolved: SealedTable<StoredUnresolved>;
  readonly deleted: SealedTable<StoredDeleted>;
}

export function streamTables(db: Database): StreamTables {
  return {
    range: new SealedTable(
      db,
      'stream_range',
      ['id'],
      [
        'run_id',
        'action_id',
        'stream',
        'container',
        'destination_container',
        'lo',
        'hi',
        'seq',
        'xact_after',
        'xact_up_to',
        'created_after',
        'created_before',
        'settled',
        'status',
        'position',
        'rows',
        'bytes',
        'quarantined',
        'kept',
        'batches',
        'newest_source_xact',
        'newest_destination_xact',
        'window_rows',
        'window_newest',
      ],
    ),
    progress: new SealedTable(
      db,
      'stream_progress',
      ['stream', 'container'],
      [
        'destination_container',
        'settled',
        'window_rows',
        'window_newest',
        'last_key',
        'window_digest',
        'rows',
        'bytes',
      ],
    ),
    window: new SealedTable(db, 'late_window', ['stream', 'container', 'range_id', 'batch'], ['hashes']),
    writtenXact: new SealedTable(db, 'written_xact', ['stream', 'container', 'xact'], ['rows', 'digest']),
    version: new SealedTable(db, 'version_map', ['kind', 'source_id', 'source'], ['destination']),
    blob: new SealedTable(db, 'blob', ['source_key'], ['destination_key', 'size']),
    unresolved: new SealedTable(
      db,
      'unresolved_reference',
      ['stream', 'container', 'type', 'source_id'],
      ['rows', 'first_xact', 'last_xact'],
    ),
    deleted: new SealedTable(db, 'deleted_rows', ['run_id', 'action_id'], ['rows', 'kept', 'returned']),
    intent: new SealedTable(db, 'write_intent', ['stream', 'container', 'range_id', 'batch'], ['newer_than', 'rows']),
    quarantine: new SealedTable(
      db,
      'quarantine',
      ['id'],
      [
        'run_id',
        'stream',
        'container',
        'destination_container',
        'row_id',
        'attachment_key',
        'size',
        'reason',
        'detail',
        'file',
        'status',
      ],
    ),
  };
}
