import type { ResourceKind } from '../domain/kind.ts';
import type { ActionId } from '../domain/plan.ts';
import type { IdMapping, JournalEntry, Run, StateSnapshot, StoredMapping } from '../domain/state.ts';
import { storedActionId, storedAddress, storedSecretName } from '../domain/stored-name.ts';
import { isMending, progressOf, rangeOf, unresolvedOf, versionOf } from './convert-streams.ts';
import { KeyedByRealName } from './keyed-by-real-name.ts';
import type { JournalRow, MappingRow, MetaRow, RunRow, StateTables } from './state-tables.ts';

export function snapshotOf(meta: MetaRow, tables: StateTables): StateSnapshot {
  return {
    lineage: meta.lineage,
    serial: meta.serial,
    sourceOrgId: meta.source_org_id,
    destinationOrgId: meta.destination_org_id,
    mappings: mappingsOf(tables).map(mappingOf),
    secretHmacs: new KeyedByRealName(
      tables.secret.rows().map((row) => [row.name, row.hmac] as const),
      (name) => storedSecretName(meta.lineage, name),
    ),
    streams: tables.progress.rows().map(progressOf),
    unfinished: tables.range
      .rows()
      .filter((range) => range.status !== 'committed' && !isMending(range))
      .map(rangeOf),
    unresolved: tables.unresolved.rows().map(unresolvedOf),
    versions: tables.version.rows().map(versionOf),
  };
}

/** Every mapping with what both sides held of its object, in the order of the key. */
export function mappingsOf(tables: StateTables): StoredMapping[] {
  const bases = new Map(tables.base.rows().map(({ kind, source_id, base }) => [`${kind} ${source_id}`, base]));
  return tables.mapping.rows().map((row) => {
    const base = bases.get(`${row.kind} ${row.source_id}`);
    return base === undefined ? row : { ...row, base };
  });
}

function mappingOf(row: StoredMapping): IdMapping {
  return {
    kind: row.kind as ResourceKind,
    sourceId: row.source_id,
    destinationId: row.destination_id,
    address: row.address,
    origin: row.origin,
    fingerprint: row.fingerprint,
    ...(row.base === undefined ? {} : { base: row.base }),
  };
}

export function mappingRow(lineage: string, mapping: IdMapping, runId: string | null): MappingRow {
  return {
    kind: mapping.kind,
    source_id: mapping.sourceId,
    destination_id: mapping.destinationId,
    address: storedAddress(lineage, mapping.address),
    origin: mapping.origin,
    fingerprint: mapping.fingerprint,
    run_id: runId,
  };
}

export function runOf(lineage: string, run: RunRow, journal: readonly JournalRow[]): Run {
  return {
    runId: run.run_id,
    lineage,
    planDigest: run.plan_digest,
    status: run.status,
    journal: new Journal(
      journal.map((row) => [row.action_id, entryOf(row)] as const),
      (id) => storedActionId(lineage, id),
    ),
  };
}

/** Entries found by the id that was asked for carry that id. */
class Journal extends KeyedByRealName<JournalEntry> {
  override get(actionId: ActionId): JournalEntry | undefined {
    const entry = super.get(actionId);
    return entry === undefined ? undefined : { ...entry, actionId };
  }
}

function entryOf(row: JournalRow): JournalEntry {
  const { error_code: code, error_summary: summary } = row;
  return {
    actionId: row.action_id,
    phase: row.phase,
    fingerprint: row.fingerprint,
    error: code === null || summary === null ? null : { code, summary },
  };
}
