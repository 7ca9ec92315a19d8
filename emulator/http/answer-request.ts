import { randomUUID } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { ApiError, renderError } from '../api-error.ts';
import { authenticate, type Identity, orgHeader } from '../authenticate.ts';
import { wait } from '../faults/delay.ts';
import type { FiredFault } from '../faults/faults.ts';
import { routeClass } from '../faults/route-class.ts';
import type { Instruments } from '../instruments.ts';
import { RequestLog } from '../request-log.ts';
import type { Reply, RequestContext, Route } from '../route.ts';
import type { World } from '../world.ts';
import { publishExchange } from './exchange.ts';
import type { HttpAnswer } from './http-connection.ts';
import type { HttpRequest } from './http-request.ts';
import { parseJson } from './parse-json.ts';
import { wholeBody } from './reply-body.ts';
import type { RouteIndex } from './route-index.ts';
import { printReply, type ReplyDamage, textReply } from './write-reply.ts';

/** What every request to a server shares. */
export interface RequestDependencies {
  readonly world: World;
  readonly index: RouteIndex;
  readonly instruments: Instruments;
  /** Fires when the server stops. */
  readonly signal: AbortSignal;
}

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE, OPTIONS',
  'access-control-allow-headers': '*',
  'access-control-expose-headers': 'x-bt-cursor,x-bt-found-existing,x-bt-internal-trace-id',
};

/**
 * One request on its way: received -> delayed (latency) -> fault before the effect -> handled -> fault after it -> answered.
 * A reset ends it without an answer; a status fault and a refused rate limit answer without an effect.
 */
class RequestAnswering {
  readonly #shared: RequestDependencies;
  readonly #request: HttpRequest;
  /** Un-gzipped when it says so. */
  readonly #body: Buffer;
  readonly #path: string;
  readonly #query: string;
  readonly #started = performance.now();
  #identity: Identity | null = null;
  #route: Route | null = null;
  #fault: FiredFault | null = null;
  #reply: Promise<Reply> | null = null;

  constructor(shared: RequestDependencies, request: HttpRequest) {
    this.#shared = shared;
    this.#request = request;
    const { target } = request;
    const isGzipped = request.headers['content-encoding'] === 'gzip' && request.method !== 'PUT';
    this.#body = isGzipped ? ungzipped(request.body) : request.body;
    const mark = target.indexOf('?');
    this.#path = mark < 0 ? target : target.slice(0, mark);
    this.#query = mark < 0 ? '' : target.slice(mark + 1);
  }

  async answer(): Promise<HttpAnswer | null> {
    const isControl = this.#path.startsWith('/__control/');
    const reply = isControl ? await this.#handle() : await this.#handleWithFaults();
    if (reply === null) {
      this.#log(0, 0);
      return null;
    }
    return this.#complete(reply, isControl);
  }

  async #handleWithFaults(): Promise<Reply | null> {
    const { faults, latencies } = this.#shared.instruments;
    await wait(latencies.draw(routeClass(this.#method, this.#path)), this.#shared.signal);
    if (!faults.idle) this.#fault = await faults.next(this.#subject());
    const action = this.#fault?.action;
    if (action?.type === 'delay') await wait(this.#shared.instruments.drawFault(action.delay), this.#shared.signal);
    if (action?.type === 'hold' && action.when !== 'after') await this.#fault?.hold(this.#shared.signal);
    if (action?.type === 'reset' && action.when === 'before') return null;
    if (action?.type === 'status') return this.#statusFault(action);
    const reply = await this.#handled();
    if (action?.type === 'hold' && action.when === 'after') await this.#fault?.hold(this.#shared.signal);
    return action?.type === 'reset' ? null : reply;
  }

  get #method(): string {
    return this.#request.method;
  }

  #subject() {
    const token = this.#request.headers.authorization?.replace(/^Bearer\s+/i, '');
    const grant = token === undefined ? undefined : this.#shared.world.tenants.grant(token);
    const orgId = grant?.orgIds[0];
    const first = orgId === undefined ? undefined : this.#shared.world.tenants.org(orgId);
    const org = orgHeader(this.#request.headers) ?? first?.name ?? null;
    const body = async (): Promise<Buffer> => this.#body;
    const answer = async (): Promise<Buffer> => wholeBody((await this.#handled()).body);
    return { method: this.#method, path: this.#path, query: this.#query, org, body, answer };
  }

  /** The same reply however often it is asked for: a rule may have looked at it. */
  #handled(): Promise<Reply> {
    this.#reply ??= this.#handle();
    return this.#reply;
  }

  async #handle(): Promise<Reply> {
    try {
      if (this.#method === 'OPTIONS') return { status: 204, headers: CORS };
      const match = this.#shared.index.find(this.#method, this.#path);
      if (match === null) return textReply(`No route for ${this.#method} ${this.#path}`, 404);
      if (!('route' in match)) {
        return {
          ...textReply(`${this.#method} is not allowed on ${this.#path}`, 405),
          headers: { allow: match.allowed.join(', ') },
        };
      }
      this.#route = match.route;
      const query = new URLSearchParams(this.#query);
      this.#identity = this.#identify(match.route, query);
      const limited = match.route.auth === 'key' ? this.#limit(this.#identity) : null;
      return limited ?? (await match.route.handle(this.#context(this.#identity, match.params, query)));
    } catch (error) {
      if (error instanceof ApiError) return this.#error(error);
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return this.#error(new ApiError(500, `Emulator defect: ${detail}`, 'json'));
    }
  }

  #identify(route: Route, query: URLSearchParams): Identity {
    const { world } = this.#shared;
    if (route.auth === 'key') return authenticate(world, this.#request.headers, query);
    const orgs = world.tenants.orgs();
    const org = orgs[0] ?? { id: '', name: '', created: '' };
    const user = world.tenants.usersOf(org.id)[0];
    return {
      orgs,
      org,
      user: user ?? { id: '', given_name: null, family_name: null, email: '', avatar_url: null, created: '' },
    };
  }

  #limit(identity: Identity): Reply | null {
    const refusal = this.#shared.instruments.rateLimits.take(identity.org.id, routeClass(this.#method, this.#path));
    if (refusal === null) return null;
    const reply = this.#error(new ApiError(429, refusal.message, 'json'));
    return { ...reply, headers: { ...reply.headers, 'retry-after': refusal.retryAfter } };
  }

  #context(identity: Identity, params: Readonly<Record<string, string>>, query: URLSearchParams): RequestContext {
    const { world } = this.#shared;
    return {
      world,
      ...identity,
      params,
      query,
      path: this.#path,
      headers: this.#request.headers,
      origin: `http://${this.#request.headers.host ?? '127.0.0.1'}`,
      bytes: async () => this.#body,
      json: async () => parseJson(this.#body),
      now: () => world.clock.now(),
    };
  }

  #error(error: ApiError): Reply {
    return renderError(error, {
      email: this.#identity?.user.email ?? null,
      orgName: this.#path.startsWith('/api/') ? null : (this.#identity?.org.name ?? null),
      timestamp: this.#shared.world.clock.now(),
      requestId: this.#traceId(),
      path: this.#path,
    });
  }

  #statusFault(action: Extract<FiredFault['action'], { type: 'status' }>): Reply {
    const own = this.#error(new ApiError(action.status, 'Injected failure', 'json'));
    const body =
      action.body === undefined
        ? own.body
        : typeof action.body === 'string'
          ? action.body
          : JSON.stringify(action.body);
    const type = typeof action.body === 'string' ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8';
    const retryAfter = action.retryAfter === undefined ? {} : { 'retry-after': String(action.retryAfter) };
    return {
      status: action.status,
      headers: { 'content-type': type, ...retryAfter, ...action.headers },
      ...(body === undefined ? {} : { body }),
    };
  }

  #traceId(): string {
    const seconds = Math.floor(this.#shared.world.clock.now() / 1000);
    return `${seconds.toString(16).padStart(8, '0')}00000000${randomUUID().replaceAll('-', '').slice(16)}`;
  }

  #complete(reply: Reply, isControl: boolean): HttpAnswer {
    const trace = this.#path.startsWith('/api/') ? {} : { 'x-bt-internal-trace-id': this.#traceId() };
    const complete: Reply = { ...reply, headers: { ...trace, ...reply.headers } };
    const answer = printReply(complete, this.#shared.world.clock.now(), this.#damage());
    if (isControl) return answer;
    this.#log(reply.status, answer.body.size);
    publishExchange(() => ({
      method: this.#method,
      path: this.#path,
      route: this.#route?.path ?? null,
      query: this.#query,
      status: reply.status,
      headers: complete.headers ?? {},
      body: wholeBody(reply.body),
      faulted: this.#fault !== null,
    }));
    return answer;
  }

  #damage(): ReplyDamage {
    const action = this.#fault?.action;
    if (action?.type === 'truncate') return { truncateAfter: action.bytes };
    if (action?.type === 'swell') return { swellBy: action.bytes };
    return { garbage: action?.type === 'garbage' };
  }

  #log(status: number, responseBytes: number): void {
    const body = this.#body;
    const isShown = body.length > 0 && body.length <= RequestLog.BODY_LIMIT;
    this.#shared.instruments.requests.add({
      at: this.#shared.world.clock.now(),
      method: this.#method,
      path: this.#path,
      query: this.#query,
      org: this.#identity?.org.name ?? null,
      status,
      requestBytes: body.length,
      responseBytes,
      milliseconds: performance.now() - this.#started,
      body: isShown ? body.toString('utf8') : null,
      fault: this.#fault?.id ?? null,
    });
  }
}

/** What is no gzip is left as it is, and then it is no JSON either. */
function ungzipped(body: Buffer): Buffer {
  try {
    return gunzipSync(body);
  } catch {
    return body;
  }
}

/** Answers one request; null: the connection is dropped. */
export function answerRequest(shared: RequestDependencies, request: HttpRequest): Promise<HttpAnswer | null> {
  return new RequestAnswering(shared, request).answer();
}
