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
  401: 'UnauthorizedError',
  403: 'ForbiddenError',
  413: 'PayloadTooLargeError',
  429: 'TooManyRequestsError',
  500: 'InternalServerError',
  502: 'BadGatewayError',
  503: 'ServiceUnavailableError',
  504: 'GatewayTimeoutError',
};

/** Who asked, for the tail that the service appends to its messages. Null leaves that part of the tail out. */
export interface ErrorOrigin {
  readonly email: string | null;
  readonly orgName: string | null;
  /** Milliseconds. */
  readonly timestamp: number;
  readonly requestId: string;
  readonly path: string;
}

/** Renders an error with the recorded tails: text carries a request id, JSON an InternalTraceId. */
export function renderError(error: ApiError, origin: ErrorOrigin): Reply {
  const tail = [
    origin.email === null ? '' : ` [user_email=${origin.email}]`,
    origin.orgName === null ? '' : ` [user_org=${origin.orgName}]`,
    ` [timestamp=${origin.timestamp / 1000}]`,
  ].join('');
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
