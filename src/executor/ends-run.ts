import type { BtMigrateError, ErrorCode } from '../domain/errors.ts';

const ENDING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'BTM_CREDENTIALS_REJECTED',
  'BTM_LEASE_LOST',
  'BTM_STATE_UNREADABLE',
  'BTM_STATE_MISSING',
  'BTM_UNREACHABLE',
  'BTM_RATE_LIMITED',
  'BTM_INTERRUPTED',
  'BTM_TERMINATED',
  'BTM_WRONG_DEPLOYMENT',
]);

/** True for errors after which nothing else can succeed either; everything else stops only what depends on it. */
export function endsRun({ code }: BtMigrateError): boolean {
  return ENDING.has(code);
}
