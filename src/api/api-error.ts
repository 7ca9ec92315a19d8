import { BtMigrateError, type ErrorCode, type ErrorParts } from '../domain/errors.ts';

export interface ApiErrorParts extends ErrorParts {
  readonly status: number;
  readonly method: string;
  /** Path below the host, without the query. */
  readonly path: string;
  /** What the server's people need to find the request in their logs. */
  readonly requestId: string | undefined;
  /** The server's own words, cleaned and at most 2 kB. */
  readonly serverText: string;
}

/** An error that the server answered, as opposed to one that kept it from answering. */
export class ApiError extends BtMigrateError {
  readonly status: number;
  readonly method: string;
  readonly path: string;
  readonly requestId: string | undefined;
  readonly serverText: string;

  constructor(code: ErrorCode, parts: ApiErrorParts) {
    super(code, parts);
    this.name = 'ApiError';
    this.status = parts.status;
    this.method = parts.method;
    this.path = parts.path;
    this.requestId = parts.requestId;
    this.serverText = parts.serverText;
  }

  /** The deployment has no such route: the API answers missing objects with 400 or 403 (fact sheet 1.5). */
  get routeMissing(): boolean {
    return this.status === 404 || this.status === 405;
  }

  /** The object is absent, or this key may not see it: the API does not tell which (fact sheet 1.5). */
  get objectMissing(): boolean {
    return (this.status === 400 || this.status === 403) && /\bdoes not exist\b/.test(this.serverText);
  }
}
