import { BtMigrateError } from '../domain/errors.ts';

/** The error for a command line that cannot be understood. */
export function usageError(
  detail: string,
  hint = 'Run bt-migrate --help to see every command and flag.',
): BtMigrateError {
  return new BtMigrateError('BTM_USAGE', { detail, hint });
}
