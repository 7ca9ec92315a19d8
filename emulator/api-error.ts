import type { Reply } from './route.ts';

/** A refusal as the service words it (fact sheet 1.5): control-plane errors are text, data-plane errors JSON. */
export class ApiError extends Error {
  readonly status: number;
  readonly plane: 'text' | 'json';

  constructor(status: number, message: string, plane: 'text' | 'json' = 'text') {
    super(message);
    this.status = status;
    this.plane = plane;
  }
}

const CODES: Readonly<Record<number, string>> = {
  400: 'BadRequestError',
  401: 'UnauthorizedError',
  403: 'ForbiddenError',
  413: 'PayloadTooLargeError',
  429: 'TooManyRequestsError',
  500: 'InternalServerError',
};

/** Who asked, for the tail that the service appends to its messages. */
export interface ErrorOrigin {
  readonly email: string;
  readonly orgName: string;
  readonly timestamp: number;
  readonly requestId: string;
  readonly path: string;
}

/** Renders an error with the recorded tails: text carries a request id, JSON an InternalTraceId. */
export function renderError(error: ApiError, origin: ErrorOrigin): Reply {
  const tail = ` [user_email=${origin.email}] [user_org=${origin.orgName}] [timestamp=${origin.timestamp / 1000}]`;
  if (error.plane === 'text') {
    return {
      status: error.status,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: `${error.message}${tail} [request_id=${origin.requestId}]`,
    };
  }
  const body = {
    Code: CODES[error.status] ?? 'BadRequestError',
    Message: `${error.message}${tail}`,
    InternalTraceId: origin.requestId,
    Path: origin.path,
    Service: 'api',
  };
  return {
    status: error.status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
  };
}
