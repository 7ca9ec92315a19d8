import type { RequestHeaders } from './http/http-request.ts';
import type { ReplyBody } from './http/reply-body.ts';
import type { Org, User } from './tenancy.ts';
import type { World } from './world.ts';

/** What a handler answers. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: ReplyBody;
}

/** One authenticated request. `org` is the org the request is about; `orgs` is everything the key may see. */
export interface RequestContext {
  readonly world: World;
  readonly org: Org;
  readonly orgs: readonly Org[];
  readonly user: User;
  /** Path without query, as requested. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: RequestHeaders;
  /** Scheme, host and port of this server, for signed URLs. */
  readonly origin: string;
  /** The body, whose memory belongs to the handler. */
  bytes(): Promise<Buffer>;
  /** The parsed body, null when it is empty. Throws ApiError 400 for text that is not JSON. */
  json(): Promise<unknown>;
  /** Milliseconds since 1970 on the world's clock. */
  now(): number;
}

/** One row of the route table. `:name` in a path is one segment. A route with auth 'none' sees the first org. */
export interface Route {
  readonly method: string;
  readonly path: string;
  readonly auth: 'key' | 'none';
  handle(context: RequestContext): Reply | Promise<Reply>;
}
