import { BtMigrateError } from '../domain/errors.ts';

const RESTORE =
  'Restore the last good copy of the file, or rebuild it with `bt-migrate state import` from an export. Do not start over without it: what was already migrated would be adopted or doubled.';

/** Thrown by readers of the file whose checks failed; `explainFailure` turns it into what the user sees. */
export class DamagedStateError extends Error {}

export function unreadable(path: string, what: string, hint: string, cause?: unknown): BtMigrateError {
  return new BtMigrateError('BTM_STATE_UNREADABLE', { detail: `${path}: ${what}`, hint, cause });
}

export function damaged(path: string, what: string, cause?: unknown): BtMigrateError {
  return unreadable(path, what, RESTORE, cause);
}

export function missing(path: string): BtMigrateError {
  return new BtMigrateError('BTM_STATE_MISSING', {
    detail: `${path} does not exist.`,
    hint: 'Check --state and the working directory, or restore the file; set state.must_exist to false only for the very first run.',
  });
}

/** Another process made the state that this one was about to make. */
export function appearedMeanwhile(path: string): BtMigrateError {
  return new BtMigrateError('BTM_LEASE_LOST', {
    detail: `${path} did not exist when this run began, and another run has made it since. Nothing was written by this one.`,
    hint: 'Run the same command again: it starts from what the other run wrote.',
  });
}

export function isBusy(error: unknown): boolean {
  return codeOf(error).startsWith('SQLITE_BUSY') || codeOf(error).startsWith('SQLITE_LOCKED');
}

/** True for what SQLite or the file system reports, as opposed to a mistake in our code. */
export function isStoreFailure(error: unknown): boolean {
  return error instanceof DamagedStateError || /^(SQLITE_(?!CONSTRAINT)|E[A-Z0-9]+$)/.test(codeOf(error));
}

/** Turns a failure of SQLite or the file system into BTM_STATE_UNREADABLE; returns anything else as it is. */
export function explainFailure(path: string, error: unknown): unknown {
  if (!isStoreFailure(error)) return error;
  const code = codeOf(error);
  const reported = `(${code === '' ? '' : `${code}: `}${(error as Error).message})`;
  if (error instanceof DamagedStateError) return damaged(path, error.message, error);
  if (code === 'SQLITE_NOTADB') return damaged(path, `This is not a state file. ${reported}`, error);
  if (/^SQLITE_(CORRUPT|ERROR|SCHEMA|MISMATCH|FORMAT)/.test(code)) {
    return damaged(path, `The file is damaged. ${reported}`, error);
  }
  if (/^(SQLITE_FULL|ENOSPC|EDQUOT|EFBIG)$/.test(code)) {
    return unreadable(
      path,
      `There is no space left to write it. ${reported}`,
      'Free some space and run the same command again: everything acknowledged so far is kept.',
      error,
    );
  }
  if (/^(SQLITE_READONLY|SQLITE_PERM|SQLITE_AUTH|EACCES|EPERM|EROFS)/.test(code)) {
    return unreadable(
      path,
      `The file or its folder may not be written or read. ${reported}`,
      'Give this user read and write access to the file and its folder, or name another file with --state.',
      error,
    );
  }
  if (isBusy(error)) {
    return unreadable(
      path,
      `Another program keeps the file locked. ${reported}`,
      'Close whatever has it open (a database browser, a backup, a stopped run) and run the same command again.',
      error,
    );
  }
  return unreadable(
    path,
    `The file could not be read or written. ${reported}`,
    'Check the disk and the path, then run the same command again.',
    error,
  );
}

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : '';
}
