import type { ErrorCode } from '../domain/errors.ts';
import type { UnknownList } from '../domain/resource.ts';

const CODES: Readonly<Record<UnknownList['code'], ErrorCode>> = {
  permission_denied: 'BTM_PERMISSION_DENIED',
  unreachable: 'BTM_UNREACHABLE',
  server_failed: 'BTM_SERVER_FAILED',
  incomplete: 'BTM_SERVER_FAILED',
  not_supported: 'BTM_SERVER_FAILED',
};

/** The error of a list that something depends on and that could not be read: always one that ends with 6 or 8. */
export function listErrorCode({ code }: UnknownList): ErrorCode {
  return CODES[code];
}
