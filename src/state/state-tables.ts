import type { Database } from 'better-sqlite3';
import type { FieldBase } from '../domain/fingerprint.ts';
import type { StoredEntry, StoredMapping, StoredRun } from '../domain/state.ts';
import { SealedTable } from './sealed-table.ts';
import { DamagedStateError } from './state-error.ts';
import { type StreamTables, streamTables } from './stream-tables.ts';

export type MetaRow = {
  readonly id: 1;
  readonly lineage: string;
  readonly serial: number;
  /** Key of the HMACs, hex. */
  readonly salt: string;
  readonly source_org_id: string | null;
  readonly destination_org_id: string | null;
};

export type MappingRow = Omit<StoredMapping, 'base'>;
/** What both sides held of the object of a mapping. */
export type BaseRow = { readonly kind: string; readonly source_id: string; readonly base: FieldBase };
export type RunRow = Omit<StoredRun, 'journal'>;
export type JournalRow = StoredEntry & { readonly run_id: string };
export type SecretRow = { readonly name: string; readonly hmac: string };

/** One row while anybody ever held the lock; `host` is null when it is free. The token never goes back. */
export type LeaseRow = {
  readonly id: 1;
  readonly token: number;
  readonly host: string | null;
  readonly pid: number;
  readonly boot_id: string;
  readonly job_url: string | null;
  /** Milliseconds since 1970, by the clock of the holder. */
  readonly beat_at: number;
  readonly beats: number;
};

export interface StateTables extends StreamTables {
  readonly meta: SealedTable<MetaRow>;
  readonly mapping: SealedTable<MappingRow>;
  readonly base: SealedTable<BaseRow>;
  readonly run: SealedTable<RunRow>;
  readonly journal: SealedTable<JournalRow>;
  readonly secret: SealedTable<SecretRow>;
  readonly lease: SealedTable<LeaseRow>;
}

export function stateTables(db: Database): StateTables {
  return {
    meta: new SealedTable(db, 'meta', ['id'], ['lineage', 'serial', 'salt', 'source_org_id', 'destination_org_id']),
    mapping: new SealedTable(
      db,
      'mapping',
      ['kind', 'source_id'],
      ['destination_id', 'address', 'origin', 'fingerprint', 'run_id'],
    ),
    base: new SealedTable(db, 'mapping_base', ['kind', 'source_id'], ['base']),
    run: new SealedTable(db, 'run', ['run_id'], ['plan_digest', 'status', 'tool_version', 'started_at', 'finished_at']),
    journal: new SealedTable(
      db,
      'journal',
      ['run_id', 'action_id'],
      ['phase', 'fingerprint', 'error_code', 'error_summary'],
    ),
    secret: new SealedTable(db, 'secret_hmac', ['name'], ['hmac']),
    lease: new SealedTable(db, 'lease', ['id'], ['token', 'host', 'pid', 'boot_id', 'job_url', 'beat_at', 'beats']),
    ...streamTables(db),
  };
}

/** Throws DamagedStateError when any row is not as it was written. */
export function verifyRows(db: Database): void {
  const tables = stateTables(db);
  for (const table of Object.values(tables)) table.verify();
  if (tables.meta.rows().length !== 1) throw new DamagedStateError('Its row of metadata is missing.');
}
