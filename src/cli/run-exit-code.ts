import { ERROR_CODES, type ErrorCode } from '../domain/errors.ts';
import type { ActionError, RunSummary } from '../domain/run-summary.ts';

/** The exit code of a run: what ended it, else 3 when something is left that needs a person (contract section 2). */
export function exitCodeOf(run: RunSummary): number {
  const error = endingOf(run);
  if (error !== undefined) return ERROR_CODES[error.code as ErrorCode].exit;
  const isOpen = run.actions.some(
    ({ status, accepted }) =>
      status === 'failed' || status === 'not_attempted' || (status === 'blocked' && accepted !== true),
  );
  return isOpen || run.summary.quarantined > 0 ? 3 : 0;
}

/** What ended a run, or kept all of it from happening; undefined when neither did. */
export function endingOf(run: RunSummary): ActionError | undefined {
  return run.ended_by ?? refusalOf(run);
}

/** Why nothing at all could be written, when a permission or the server was to blame for every failure. */
function refusalOf({ actions }: RunSummary): ActionError | undefined {
  const hasWritten = actions.some(({ status }) => ['done', 'already_done', 'recorded'].includes(status));
  const errors = actions.flatMap(({ status, error }) => (status === 'failed' && error !== undefined ? [error] : []));
  const exits = errors.map(({ code }) => ERROR_CODES[code as ErrorCode].exit);
  if (hasWritten || exits.some((exit) => exit !== 6 && exit !== 8)) return undefined;
  return errors[Math.max(exits.indexOf(6), 0)];
}
