import type { Dispatcher } from 'undici';
import request from 'undici/lib/api/api-request.js';
import { AnswerBody, type Pieces } from './answer-body.ts';
import { LEAST_PROGRESS, openDispatcher, type ProxyOptions, type Timeouts } from './open-dispatcher.ts';
import type { Progress } from './progress-watch.ts';
import { type Allocate, readBeginning, readBody } from './read-body.ts';
import { Turns } from './turns.ts';

/** An answer larger than this is refused: a page of 1,000 objects stays far below it. */
const LARGEST_BODY = 128 * 1024 * 1024;
/** Above this, answers that nobody has made room for are read one at a time, so that many cannot be as large as one may. */
const LARGE_BODY = 4 * 1024 * 1024;

/** Text, bytes in pieces that are not joined, or a stream of announced length. */
export type RequestBody = string | readonly Buffer[] | StreamedBody;

export interface StreamedBody {
  readonly size: number;
  readonly stream: AsyncIterable<Buffer>;
}

export interface HttpRequest {
  readonly method: Dispatcher.HttpMethod;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RequestBody | undefined;
  /** Aborts the request in flight. */
  readonly signal: AbortSignal | undefined;
  /** Bytes of the largest answer that is read, when it is not the general limit. */
  readonly largestAnswer?: number | undefined;
  /** Memory for the answer; its own when left out. */
  readonly allocate?: Allocate | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  /** First value of each header, names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** Milliseconds until the answer began: the way and the server's work, without the bytes. */
  readonly waitedMs: number;
}

/** An answer whose body is still to come. */
export interface OpenAnswer extends Omit<HttpAnswer, 'body' | 'waitedMs'> {
  readonly stream: AnswerBody;
}

/** Sends single requests: no retry, no redirect, no meaning. Connections are kept alive. */
export class HttpClient {
  private readonly dispatcher: Promise<Dispatcher>;
  private readonly progress: Progress;
  private readonly turns = new Turns();

  constructor(timeouts: Timeouts, proxy: ProxyOptions | undefined) {
    this.progress = { ms: timeouts.body, bytes: LEAST_PROGRESS };
    this.dispatcher = openDispatcher(timeouts, proxy);
    // Whoever sends a request sees why it could not be opened.
    this.dispatcher.catch(() => undefined);
  }

  /**
   * Of the answer of an error only the beginning is read: its status says what there is to know.
   * @throws BTM_RESPONSE_UNREADABLE when the answer is too large or its compression is broken; else whatever the
   * network throws.
   */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const startedAt = performance.now();
    const { status, headers, stream } = await this.open(request);
    const waitedMs = performance.now() - startedAt;
    if (status >= 400) return { status, headers, body: await readBeginning(stream), waitedMs };
    const { largestAnswer: bounded, allocate } = request;
    const length = Number(headers.get('content-length') ?? 0);
    const read = (pieces: Pieces): Promise<Buffer> => readBody(pieces, length, bounded ?? LARGEST_BODY, allocate);
    const body = await (bounded === undefined ? this.turns.above(LARGE_BODY, stream, read) : read(stream));
    return { status, headers, body, waitedMs };
  }

  /** Sends a request and leaves the body of the answer to be read, or destroyed, by the caller. */
  async open({ url, method, signal, headers: named, body: content }: HttpRequest): Promise<OpenAnswer> {
    const { body, length } = bodyOf(content);
    const answer = await request.call(await this.dispatcher, {
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers: length === undefined ? named : { ...named, 'content-length': String(length) },
      body,
      ...(signal === undefined ? {} : { signal }),
    });
    const headers = new Map<string, string>();
    for (const [name, value] of Object.entries(answer.headers)) {
      const first = Array.isArray(value) ? value[0] : value;
      if (first !== undefined) headers.set(name.toLowerCase(), first);
    }
    return { status: answer.statusCode, headers, stream: new AnswerBody(answer.body, this.progress) };
  }

  /** Ends the connections; requests in flight are waited for. */
  async close(): Promise<void> {
    await (await this.dispatcher).close();
  }
}

/** The length is given where undici cannot know it. Its types do not mention that it takes any iterable of bytes. */
function bodyOf(body: RequestBody | undefined): { readonly body: string | null; readonly length?: number } {
  if (body === undefined || typeof body === 'string') return { body: body ?? null };
  if ('stream' in body) return { body: body.stream as unknown as string, length: body.size };
  let length = 0;
  for (const piece of body) length += piece.length;
  return { body: body as unknown as string, length };
}
