import type { BtMigrateError } from '../domain/errors.ts';
import type { UnknownList } from '../domain/resource.ts';

/** Errors after which nothing more can be read; any other makes one list unknown. */
const FATAL: ReadonlySet<string> = new Set([
  'BTM_CREDENTIALS_REJECTED',
  'BTM_INTERRUPTED',
  'BTM_TERMINATED',
  'BTM_WRONG_DEPLOYMENT',
  'BTM_SOURCE_IS_READ_ONLY',
]);

export function endsReading({ code }: BtMigrateError): boolean {
  return FATAL.has(code);
}

/** Why a list is unknown. */
export function unknownCode(error: BtMigrateError): UnknownList['code'] {
  if ('routeMissing' in error && error.routeMissing === true) return 'not_supported';
  if (error.code === 'BTM_PERMISSION_DENIED') return 'permission_denied';
  return error.code === 'BTM_UNREACHABLE' ? 'unreachable' : 'server_failed';
}
