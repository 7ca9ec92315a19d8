import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { BtMigrateError } from '../domain/errors.ts';

/** An answer larger than this is refused: a page of 1,000 objects stays far below it. */
const LARGEST_BODY = 128 * 1024 * 1024;

const unzip = promisify(gunzip);

/** A proxy for everything but this machine; `noProxy` is a list as in the NO_PROXY variable. */
export interface ProxyOptions {
  readonly url: string;
  readonly noProxy: string;
}

/** Milliseconds to wait for a connection, for the answer to begin, and between two pieces of it. */
export interface Timeouts {
  readonly connect: number;
  readonly headers: number;
  readonly body: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = { connect: 10_000, headers: 60_000, body: 120_000 };

export interface HttpRequest {
  readonly method: Dispatcher.HttpMethod;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Aborts the request in flight; writes have none, because what they did would stay unknown. */
  readonly signal: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  /** First value of each header, names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** Sends single requests: no retry, no redirect, no meaning. Connections are kept alive and bounded. */
export class HttpClient {
  private readonly dispatcher: Dispatcher;

  constructor(connections: number, timeouts: Timeouts, proxy: ProxyOptions | undefined) {
    const agent = {
      connections,
      pipelining: 1,
      connect: { timeout: timeouts.connect },
      headersTimeout: timeouts.headers,
      bodyTimeout: timeouts.body,
    };
    this.dispatcher =
      proxy === undefined
        ? new Agent(agent)
        : new EnvHttpProxyAgent({
            ...agent,
            // Plain http only ever goes to this machine, so it has no proxy. Both are given: what is left out undici
            // reads from the environment.
            httpProxy: '',
            httpsProxy: proxy.url,
            noProxy: [proxy.noProxy, 'localhost', '127.0.0.1', '[::1]'].filter((entry) => entry !== '').join(','),
          });
  }

  /**
   * @throws BTM_RESPONSE_UNREADABLE when the answer is too large or its compression is broken; else whatever the
   * network throws.
   */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const { url, method, body, signal } = request;
    const answer = await this.dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers: request.headers,
      body: body ?? null,
      ...(signal === undefined ? {} : { signal }),
    });
    const headers = new Map<string, string>();
    for (const [name, value] of Object.entries(answer.headers)) {
      const first = Array.isArray(value) ? value[0] : value;
      if (first !== undefined) headers.set(name.toLowerCase(), first);
    }
    return { status: answer.statusCode, headers, body: await decode(await readAll(answer.body)) };
  }

  /** Ends the connections; requests in flight are waited for. */
  async close(): Promise<void> {
    await this.dispatcher.close();
  }
}

async function readAll(body: Dispatcher.ResponseData['body']): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > LARGEST_BODY) throw tooLarge();
    pieces.push(piece);
  }
  return Buffer.concat(pieces, size);
}

/** Objects in a store may be gzip without saying so (fact sheet 1.6); JSON never begins with gzip's first bytes. */
async function decode(body: Buffer): Promise<Buffer> {
  if (body[0] !== 0x1f || body[1] !== 0x8b) return body;
  try {
    return await unzip(body, { maxOutputLength: LARGEST_BODY });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw new BtMigrateError('BTM_RESPONSE_UNREADABLE', { detail: 'The compressed answer is damaged.', cause });
  }
}

function tooLarge(): AnswerTooLarge {
  return new AnswerTooLarge('BTM_RESPONSE_UNREADABLE', {
    detail: `The answer is larger than ${LARGEST_BODY / 1024 / 1024} MB and was not read to its end.`,
  });
}

/** The same request would be answered the same way again. */
export class AnswerTooLarge extends BtMigrateError {}
