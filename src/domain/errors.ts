/** Every error a user can meet: its exit code (contract section 2) and its summary, which never holds user data. */
export const ERROR_CODES = {
  BTM_FAILED: { exit: 1, summary: 'The command failed' },
  BTM_DECLINED: { exit: 1, summary: 'Not approved, nothing was written' },
  BTM_PLAN_STALE: { exit: 4, summary: 'The plan no longer matches what it was made from' },
  BTM_WRONG_ORG: { exit: 4, summary: 'This is not the organization the plan was made for' },
  BTM_DIGEST_MISMATCH: { exit: 4, summary: 'The plan is not the one that was approved' },
  BTM_STATE_LOCKED: { exit: 5, summary: 'The state is locked' },
  BTM_STATE_UNREADABLE: { exit: 5, summary: 'The state file cannot be used' },
  BTM_STATE_MISSING: { exit: 5, summary: 'The state file is missing' },
  BTM_LEASE_LOST: { exit: 5, summary: 'Another run took over the state lock' },
  BTM_CREDENTIALS_MISSING: { exit: 6, summary: 'Credentials are missing' },
  BTM_CREDENTIALS_REJECTED: { exit: 6, summary: 'The API key was rejected' },
  BTM_PERMISSION_DENIED: { exit: 6, summary: 'The API key lacks a permission' },
  BTM_USAGE: { exit: 7, summary: 'The command line is not valid' },
  BTM_SPEC_INVALID: { exit: 7, summary: 'The spec is not valid' },
  BTM_SPEC_UNREADABLE: { exit: 7, summary: 'The spec cannot be read' },
  BTM_UNKNOWN_PROJECT: { exit: 7, summary: 'The spec names a project that does not exist' },
  BTM_UNKNOWN_ADDRESS: { exit: 7, summary: 'The address matches nothing' },
  BTM_SAME_ORG: { exit: 7, summary: 'Source and destination are the same organization' },
  BTM_URL_MISMATCH: { exit: 7, summary: 'The spec names another host than the environment' },
  BTM_PLAN_UNREADABLE: { exit: 7, summary: 'The plan file cannot be used' },
  BTM_PLAN_VERSION: { exit: 7, summary: 'The plan file has a format this version does not read' },
  BTM_APPROVAL_NEEDED: { exit: 7, summary: 'Approval is needed and nobody can be asked' },
  BTM_SECRET_UNSET: { exit: 6, summary: 'A secret has no value' },
  BTM_UNREACHABLE: { exit: 8, summary: 'The server cannot be reached' },
  BTM_SERVER_FAILED: { exit: 8, summary: 'The server kept failing' },
  BTM_RATE_LIMITED: { exit: 8, summary: 'The server kept limiting the request rate' },
  BTM_RESPONSE_UNREADABLE: { exit: 8, summary: 'The server answered something that is not its API' },
  BTM_WRONG_DEPLOYMENT: { exit: 6, summary: 'The organization lives on another deployment' },
  BTM_REQUEST_REJECTED: { exit: 1, summary: 'The server rejected a request' },
  BTM_OUTCOME_UNKNOWN: { exit: 8, summary: 'The connection broke before the answer to a write arrived' },
  BTM_EXISTS_NOW: { exit: 1, summary: 'Something with this name appeared after the plan was made' },
  BTM_SOURCE_IS_READ_ONLY: { exit: 1, summary: 'A write to the source was refused' },
  BTM_INTERRUPTED: { exit: 130, summary: 'Interrupted' },
  BTM_TERMINATED: { exit: 143, summary: 'Terminated' },
  BTM_EMPTY_SOURCE: { exit: 1, summary: 'The source lists nothing of a kind that the state knows' },
  BTM_VERIFY_MISMATCH: { exit: 9, summary: 'Source and destination differ' },
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorParts {
  /** Full sentences: what happened, where, why it matters. */
  readonly detail: string;
  /** What to do next, when we know it. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** An error that a user can understand and act on; anything else thrown is a bug. */
export class BtMigrateError extends Error {
  readonly code: ErrorCode;
  readonly summary: string;
  readonly detail: string;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, parts: ErrorParts) {
    super(`${ERROR_CODES[code].summary}: ${parts.detail}`, { cause: parts.cause });
    this.name = 'BtMigrateError';
    this.code = code;
    this.summary = ERROR_CODES[code].summary;
    this.detail = parts.detail;
    this.hint = parts.hint;
  }

  get exitCode(): number {
    return ERROR_CODES[this.code].exit;
  }
}
