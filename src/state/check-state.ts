import { resolve } from 'node:path';
import type { StoredMapping } from '../domain/state.ts';
import { REAL_ENVIRONMENT, type StateEnvironment } from './environment.ts';
import { describeLease, EXPIRY_MS } from './lease.ts';
import { openForReading } from './open-for-reading.ts';
import { explainFailure, missing } from './state-error.ts';
import { type StateTables, stateTables } from './state-tables.ts';

export interface StateProblem {
  /** `error`: the state contradicts itself. `warning`: something was left over, and says how it ends. */
  readonly severity: 'error' | 'warning';
  readonly code:
    | 'duplicate_destination'
    | 'mapping_without_run'
    | 'entry_without_run'
    | 'finished_with_begun'
    | 'begun_not_settled'
    | 'range_without_run'
    | 'pass_not_finished'
    | 'rows_quarantined'
    | 'lock_left_behind';
  readonly detail: string;
  readonly hint: string;
}

/**
 * Looks for contradictions in a state file; that every page and row is undamaged is checked on opening it. Writes
 * nothing.
 * @throws BTM_STATE_MISSING, BTM_STATE_UNREADABLE when the file is damaged.
 */
export async function checkState(
  path: string,
  given: Partial<StateEnvironment> = {},
): Promise<{ readonly problems: readonly StateProblem[] }> {
  const environment = { ...REAL_ENVIRONMENT, ...given };
  const file = resolve(path);
  const db = await openForReading(file, environment);
  if (db === undefined) throw missing(file);
  try {
    const tables = stateTables(db);
    const problems = [
      ...mappingProblems(tables),
      ...journalProblems(tables),
      ...streamProblems(tables),
      ...lockProblems(tables, environment),
    ];
    return { problems };
  } catch (error) {
    throw explainFailure(file, error);
  } finally {
    db.close();
  }
}

function mappingProblems(tables: StateTables): StateProblem[] {
  const problems: StateProblem[] = [];
  const runs = new Set(tables.run.rows().map((run) => run.run_id));
  const owners = new Map<string, StoredMapping>();
  for (const mapping of tables.mapping.rows()) {
    if (mapping.run_id !== null && !runs.has(mapping.run_id)) {
      problems.push({
        severity: 'error',
        code: 'mapping_without_run',
        detail: `${mapping.address} was written by run ${mapping.run_id}, which this state does not know.`,
        hint: 'Restore a complete copy of the state, or import an export of it.',
      });
    }
    const owner = owners.get(mapping.destination_id);
    // Several people may be mapped to one on purpose (`users.map`).
    if (owner !== undefined && mapping.kind !== 'user') {
      problems.push({
        severity: 'error',
        code: 'duplicate_destination',
        detail: `${owner.address} (${owner.source_id}) and ${mapping.address} (${mapping.source_id}) both claim the destination object ${mapping.destination_id}.`,
        hint: 'Remove the one that is wrong with `bt-migrate state rm`.',
      });
    }
    owners.set(mapping.destination_id, mapping);
  }
  return problems;
}

function journalProblems(tables: StateTables): StateProblem[] {
  const runs = new Map(tables.run.rows().map((run) => [run.run_id, run]));
  const problems: StateProblem[] = [];
  for (const { run_id, action_id, phase } of tables.journal.rows()) {
    const run = runs.get(run_id);
    if (run === undefined) {
      problems.push({
        severity: 'error',
        code: 'entry_without_run',
        detail: `${action_id} belongs to run ${run_id}, which this state does not know.`,
        hint: 'Restore a complete copy of the state, or import an export of it.',
      });
    } else if (phase === 'begun' && run.status === 'finished') {
      problems.push({
        severity: 'error',
        code: 'finished_with_begun',
        detail: `Run ${run_id} is finished, but ${action_id} was begun and never settled.`,
        hint: 'Plan again: the plan shows what this action left in the destination.',
      });
    } else if (phase === 'begun') {
      problems.push({
        severity: 'warning',
        code: 'begun_not_settled',
        detail: `${action_id} was begun by run ${run_id} (plan ${run.plan_digest}), which was interrupted.`,
        hint: 'Apply that plan again to settle it, or plan anew.',
      });
    }
  }
  return problems;
}

function streamProblems(tables: StateTables): StateProblem[] {
  const runs = new Set(tables.run.rows().map((run) => run.run_id));
  const problems: StateProblem[] = [];
  for (const { action_id, run_id, status, rows } of tables.range.rows()) {
    if (!runs.has(run_id)) {
      problems.push({
        severity: 'error',
        code: 'range_without_run',
        detail: `Rows of ${action_id} were copied by run ${run_id}, which this state does not know.`,
        hint: 'Restore a complete copy of the state, or import an export of it.',
      });
    } else if (status !== 'committed') {
      problems.push({
        severity: 'warning',
        code: 'pass_not_finished',
        detail: `${action_id} was interrupted after ${rows} rows.`,
        hint: 'Apply that plan again, or plan anew: the copy goes on where it stopped.',
      });
    }
  }
  const open = tables.quarantine.rows({ status: 'open' }).length;
  if (open === 0) return problems;
  return [
    ...problems,
    {
      severity: 'warning',
      code: 'rows_quarantined',
      detail: `${open} ${open === 1 ? 'row or attachment was' : 'rows or attachments were'} not taken by the destination.`,
      hint: 'See them with `bt-migrate quarantine list`; send them again with `bt-migrate quarantine retry`.',
    },
  ];
}

function lockProblems(tables: StateTables, environment: StateEnvironment): StateProblem[] {
  const row = tables.lease.row({ id: 1 });
  const now = environment.now();
  if (row === undefined || row.host === null || now - row.beat_at < EXPIRY_MS) return [];
  return [
    {
      severity: 'warning',
      code: 'lock_left_behind',
      detail: `The lock was never released by ${describeLease(row, now)}.`,
      hint: 'The next apply takes it over; to free it now: bt-migrate state unlock.',
    },
  ];
}
