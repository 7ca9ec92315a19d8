import { setMaxListeners } from 'node:events';
import type { Dispatcher } from 'undici';
import { formatBaseUrl, parseBaseUrl } from '../domain/base-url.ts';
import { BtMigrateError } from '../domain/errors.ts';
import type { ConnectionOptions } from './connection-options.ts';
import type { HostGate } from './host-gate.ts';
import { type HttpAnswer, HttpClient, type HttpRequest, type OpenAnswer } from './http-client.ts';
import { DEFAULT_TIMEOUTS } from './open-dispatcher.ts';
import { Pace } from './pace.ts';
import type { Allocate } from './read-body.ts';
import { isReading, refuseWriting } from './read-only.ts';
import { SIGNED_PLACE, type SignedRequest, signedAddress } from './signed-request.ts';

/** One request below the base URL of an organization. */
export interface ApiRequest {
  readonly method: Dispatcher.HttpMethod;
  /** Begins with a slash; segments that come from names are percent-encoded by the caller. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string | readonly Buffer[];
  /** Bytes of the largest answer that is read, when it is not the general limit. */
  readonly largestAnswer?: number;
  /** Memory for the answer; its own when left out. */
  readonly allocate?: Allocate | undefined;
  /** Name for `x-bt-org-name`, which selects the organization of a key that has several (fact sheet 1.4). */
  readonly orgName?: string;
}

/** A request that this connection agreed to send. */
export interface PreparedRequest {
  readonly http: HttpRequest;
  readonly reading: boolean;
}

/** One authenticated way to one organization; sends single requests and counts them. */
export class Connection {
  readonly options: ConnectionOptions;
  readonly baseUrl: URL;
  readonly gate: HostGate;
  /** The key as sent, to keep it out of messages. */
  readonly key: string;
  requestsSent = 0;
  /** How far the server's clock is ahead of ours, in milliseconds; 0 until an answer tells. */
  private ahead = 0;
  /** What the spec allows for all requests together. */
  private readonly allowed: Pace;
  /** What the server has shown of each class of routes. */
  private readonly learned = new Map<string, Pace>();
  private readonly access: 'reading' | 'writing';
  private readonly client: HttpClient;

  /** @throws BTM_SPEC_INVALID for an unusable url, BTM_CREDENTIALS_MISSING or _REJECTED for an unusable key. */
  constructor(options: ConnectionOptions, access: 'reading' | 'writing') {
    this.options = options;
    this.access = access;
    this.baseUrl = parseBaseUrl(options.org.url, options.side);
    this.key = usableKey(options);
    this.gate = options.gates.of(this.baseUrl);
    this.allowed = new Pace(options.requestsPerMinute);
    // Every read in flight listens to the signal; the bound is the gate's, so many listeners are no leak.
    setMaxListeners(0, options.signal);
    if (options.giveUp !== undefined) setMaxListeners(0, options.giveUp);
    this.client = new HttpClient(options.timeouts ?? DEFAULT_TIMEOUTS, options.proxy);
  }

  /** Where requests go, for people: no key, no query. */
  get place(): string {
    return `the ${this.options.side} (${formatBaseUrl(this.baseUrl)})`;
  }

  /** By the server's clock, as far as its last answer tells; milliseconds since the epoch. */
  serverTime(): number {
    return this.options.clock.now() + this.ahead;
  }

  /**
   * The pace of a class of routes, which is the first segment of their path: a server limits
   * queries (20 a minute were recorded, contract section 9), and neither rows nor lists are to wait for that.
   */
  paceOf(path: string): Pace {
    const [, name = ''] = path.split('/', 2);
    let pace = this.learned.get(name);
    if (pace === undefined) {
      pace = new Pace(null);
      this.learned.set(name, pace);
    }
    return pace;
  }

  /** Paces that a request keeps, in the order in which it waits for them. */
  pacesOf(path: string): readonly Pace[] {
    return [this.paceOf(path), this.allowed];
  }

  /**
   * Makes a request ready to send, or refuses it: this is the one place that keeps a reader from writing.
   * @throws BTM_SOURCE_IS_READ_ONLY, and BTM_REQUEST_REJECTED for a path that would reach another route.
   */
  prepare(request: ApiRequest): PreparedRequest {
    const { method, path, body, largestAnswer, allocate } = request;
    const url = this.resolve(request);
    if (this.access === 'reading') refuseWriting(this.options.side, method, path);
    const reading = isReading(method, path);
    const signal = reading ? this.options.signal : this.options.giveUp;
    return { reading, http: { method, url, headers: this.headers(request), body, signal, largestAnswer, allocate } };
  }

  /**
   * Sends a request once, with the key, to this organization's host and nowhere else. The answer of a read may be a
   * 303 to an object store (fact sheet 1.6): its content is fetched without the key and returned with the first headers.
   * @throws BTM_RESPONSE_UNREADABLE, or what the network throws.
   */
  async send({ http, reading }: PreparedRequest): Promise<HttpAnswer> {
    this.requestsSent += 1;
    const answer = await this.client.send(http);
    const date = Date.parse(answer.headers.get('date') ?? '');
    if (!Number.isNaN(date)) this.ahead = date - this.options.clock.now();
    if (answer.status !== 303 || !reading) return answer;
    return { ...answer, ...(await this.fetchResult(answer, http)), headers: answer.headers };
  }

  /**
   * Sends a request to an address that the API signed: without the key, and only where nobody can listen. The body of the
   * answer is left to be read, or destroyed.
   * @throws BTM_RESPONSE_UNREADABLE for an unsafe address, BTM_SOURCE_IS_READ_ONLY, or what the network throws.
   */
  async openSigned({ method, address, headers, body }: SignedRequest): Promise<OpenAnswer> {
    const { side, clock, report, signal, giveUp } = this.options;
    if (this.access === 'reading') refuseWriting(side, method, SIGNED_PLACE);
    const url = signedAddress(address, this.baseUrl);
    if (url === undefined) {
      throw new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
        detail: `${this.place} named an address of an object store that is not https; nothing was sent there.`,
      });
    }
    this.requestsSent += 1;
    const startedAt = clock.now();
    const answer = await this.client.open({
      method,
      url,
      // Stored bytes are wanted as they are stored.
      headers: { ...headers, 'user-agent': this.options.userAgent, 'accept-encoding': 'identity' },
      body,
      signal: method === 'GET' ? signal : giveUp,
    });
    const duration_ms = clock.now() - startedAt;
    report({
      type: 'request_finished',
      side,
      method,
      path: SIGNED_PLACE,
      status: answer.status,
      duration_ms,
      attempt: 1,
    });
    return answer;
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  private resolve({ path, query }: ApiRequest): URL {
    const url = new URL(formatBaseUrl(this.baseUrl) + path);
    if (url.pathname !== this.baseUrl.pathname.replace(/\/$/, '') + path) {
      // A name such as ".." in a path would reach another route than the one that was meant.
      throw new BtMigrateError('BTM_REQUEST_REJECTED', { detail: `${path} is not a plain path; nothing was sent.` });
    }
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.append(name, value);
    return url;
  }

  private headers(request: ApiRequest): Record<string, string> {
    return {
      ...this.keylessHeaders(),
      authorization: `Bearer ${this.key}`,
      accept: 'application/json',
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(request.orgName === undefined ? {} : { 'x-bt-org-name': headerText(request.orgName) }),
    };
  }

  private keylessHeaders(): Record<string, string> {
    return { 'user-agent': this.options.userAgent, 'accept-encoding': 'gzip' };
  }

  private async fetchResult(answer: HttpAnswer, asked: HttpRequest): Promise<Pick<HttpAnswer, 'status' | 'body'>> {
    const url = signedAddress(answer.headers.get('location') ?? '', asked.url);
    if (url === undefined) return answer;
    this.requestsSent += 1;
    const result = await this.client.send({
      method: 'GET',
      url,
      headers: this.keylessHeaders(),
      body: undefined,
      signal: this.options.signal,
      largestAnswer: asked.largestAnswer,
      allocate: asked.allocate,
    });
    if (result.status === 200) return result;
    // A signed address that expired or failed says nothing about the API: the next attempt gets a new one.
    throw new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
      detail: `The result was to be fetched from ${url.origin}, which answered ${result.status}.`,
    });
  }
}

function usableKey({ org, side }: ConnectionOptions): string {
  if (org.apiKey === undefined) {
    throw new BtMigrateError('BTM_CREDENTIALS_MISSING', {
      detail: `There is no API key for the ${side}: $${org.apiKeyName} is not set.`,
      hint: `Set $${org.apiKeyName} in the environment or in .env, and run again.`,
    });
  }
  const key = org.apiKey.reveal();
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new BtMigrateError('BTM_CREDENTIALS_REJECTED', {
    detail: `The API key of the ${side} in $${org.apiKeyName} holds spaces or characters that no key has. It was not sent.`,
    hint: 'Copy the key again, without quotes and line breaks.',
  });
}

/** Headers carry bytes: a name beyond ASCII goes as UTF-8. */
function headerText(name: string): string {
  return Buffer.from(name, 'utf8').toString('latin1');
}
