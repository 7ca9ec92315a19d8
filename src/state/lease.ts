import { BtMigrateError } from '../domain/errors.ts';
import type { LeaseHolder } from '../domain/state.ts';
import type { StateEnvironment } from './environment.ts';
import type { LeaseRow } from './state-tables.ts';

/** A lock without a sign of life for this long may be taken over. Milliseconds. */
export const EXPIRY_MS = 120_000;
/** A holder that is provably dead is given this long, for the log of another process to settle. */
const DEAD_GRACE_MS = 1_000;
/** Clocks of two machines differ: a foreign lock that looks expired is watched this long for a heartbeat. */
const CONFIRM_MS = 15_000;

/**
 * The lock. States: free → held (token + 1) → free (released, or freed by `state unlock`, token + 1), and
 * held → held by another (token + 1) once nobody can be behind it: its process is gone, or it sent no sign of life
 * for `EXPIRY_MS`. Whoever holds an old token finds out at its next write.
 */
export interface LeaseWatch {
  readonly row: LeaseRow;
  /** When this process first saw this token with this heartbeat, by its own clock. */
  readonly since: number;
}

export function watchLease(row: LeaseRow, seen: LeaseWatch | undefined, now: number): LeaseWatch {
  const same = seen !== undefined && seen.row.token === row.token && seen.row.beats === row.beats;
  return { row, since: same ? seen.since : now };
}

/** The time (milliseconds since 1970) from which on this lock may be taken. */
export function takeableAt(watch: LeaseWatch, taker: LeaseHolder, environment: StateEnvironment): number {
  const { row, since } = watch;
  if (row.host === null) return 0;
  // Unchanged for long by our own clock counts like an old heartbeat, whatever the clock of the holder says.
  const lastBeat = Math.min(row.beat_at, since);
  const onThisMachine = row.host === taker.host && row.boot_id === taker.bootId && taker.bootId !== '';
  if (!onThisMachine) return Math.max(lastBeat + EXPIRY_MS, since + CONFIRM_MS);
  return lastBeat + (environment.isProcessAlive(row.pid) ? EXPIRY_MS : DEAD_GRACE_MS);
}

/** Whether the lock comes free so soon, without its holder, that even an impatient caller should wait. */
export function freesItselfSoon(takeable: number, startedAt: number): boolean {
  return takeable <= startedAt + CONFIRM_MS + DEAD_GRACE_MS;
}

export function describeLease(row: LeaseRow, now: number): string {
  const job = row.job_url === null ? '' : ` (${row.job_url})`;
  const seconds = Math.max(0, Math.round((now - row.beat_at) / 1000));
  return `process ${row.pid} on ${row.host}${job}, whose last sign of life was ${seconds} s ago`;
}

export function lockedError(path: string, row: LeaseRow, now: number): BtMigrateError {
  return new BtMigrateError('BTM_STATE_LOCKED', {
    detail: `${path} is in use by ${describeLease(row, now)}.`,
    hint: `Wait for it, or give --lock-timeout SECONDS. When that run is gone for sure: bt-migrate state unlock --force --state ${quoted(path)}`,
  });
}

export function lostError(path: string, row: LeaseRow | undefined, now: number): BtMigrateError {
  const holder =
    row === undefined || row.host === null ? 'It was unlocked' : `It is now held by ${describeLease(row, now)}`;
  return new BtMigrateError('BTM_LEASE_LOST', {
    detail: `This run lost the lock of ${path}. ${holder}. Nothing was written to the state since.`,
    hint: 'Let the other run end, then run the same command again: it resumes where this one stopped.',
  });
}

function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
