import { ApiError } from '../api-error.ts';
import { authenticate } from '../authenticate.ts';
import { wholeBody } from '../http/reply-body.ts';
import { RouteIndex } from '../http/route-index.ts';
import type { Reply, RequestContext, Route } from '../route.ts';
import type { World } from '../world.ts';

/** An object as an answer shows it. */
export type Shown = Readonly<Record<string, unknown>> & { readonly id: string };

/** Calls routes without a socket, as the owner of a key. Every call moves the world's clock on by a step. */
export class LocalClient {
  readonly world: World;
  readonly #index: RouteIndex;
  readonly #authorization: string;
  readonly #stepMilliseconds: number;

  constructor(world: World, routes: readonly Route[], key: string, stepMilliseconds: number) {
    this.world = world;
    this.#index = new RouteIndex(routes);
    this.#authorization = `Bearer ${key}`;
    this.#stepMilliseconds = stepMilliseconds;
  }

  post(path: string, body: unknown): Promise<Shown> {
    return this.call('POST', path, body);
  }

  patch(path: string, body: unknown): Promise<Shown> {
    return this.call('PATCH', path, body);
  }

  put(path: string, body: unknown): Promise<Shown> {
    return this.call('PUT', path, body);
  }

  /** The parsed answer. @throws Error naming the call when the answer is not 200. */
  async call(method: string, path: string, body: unknown): Promise<Shown> {
    this.world.clock.advance(this.#stepMilliseconds);
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const reply = await this.#dispatch(method, path, bytes);
    const text = wholeBody(reply.body).toString('utf8');
    if (reply.status !== 200) throw new Error(`seeding: ${method} ${path} answered ${reply.status} ${text}`);
    return (text === '' ? {} : JSON.parse(text)) as Shown;
  }

  async #dispatch(method: string, target: string, bytes: Buffer): Promise<Reply> {
    const { pathname, searchParams } = new URL(target, 'http://127.0.0.1');
    const match = this.#index.find(method, pathname);
    if (match === null || !('route' in match)) throw new Error(`seeding: no route for ${method} ${target}`);
    const identity = authenticate(this.world, { authorization: this.#authorization }, new URLSearchParams());
    // A signed path takes no second credential, as in real object stores.
    const headers = match.route.auth === 'key' ? { authorization: this.#authorization } : {};
    const context: RequestContext = {
      world: this.world,
      ...identity,
      params: match.params,
      query: searchParams,
      path: pathname,
      headers,
      origin: 'http://127.0.0.1',
      bytes: async () => bytes,
      json: async () => JSON.parse(bytes.toString('utf8')) as unknown,
      now: () => this.world.clock.now(),
    };
    try {
      return await match.route.handle(context);
    } catch (error) {
      if (error instanceof ApiError) return { status: error.status, body: error.message };
      throw error;
    }
  }
}
