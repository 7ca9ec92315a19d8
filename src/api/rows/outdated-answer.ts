import { BtMigrateError } from '../../domain/errors.ts';

/** An answer that says of itself that it does not reach as far as what was seen in the container before. */
export function outdated(seen: string, state: string): BtMigrateError {
  return new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
    detail: `The server shows its rows as of transaction ${state} now; ${seen} was seen there before. Rows that it does not show may be there.`,
    hint: 'Plan again in some minutes, when the server has caught up.',
  });
}
