import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { lendBody } from './body-memory.ts';
import { ChunkedBody } from './chunked-body.ts';
import type { HttpRequest } from './http-request.ts';
import { readInto } from './read-into.ts';
import type { PiecedBody } from './reply-body.ts';
import { HttpSyntaxError, parseHead, type RequestHead } from './request-head.ts';

/** Room for the head of a request, and for what a small one brings with it. */
const ROOM = 1 << 16;
/** Larger bodies lie in memory that is used again. */
const SMALL_BODY = 1 << 16;
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

/** An answer as bytes. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: PiecedBody;
  /** The connection breaks off behind the body, whatever its headers announce. */
  readonly breaksOff: boolean;
}

/** Answers one request; null, or a rejection, drops the connection. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpAnswer | null>;

/**
 * One connection of a client, HTTP/1.1. Written because node:http hands out bodies as chunks in fresh memory, which have to
 * be copied and collected: here the socket writes a body into the memory that it stays in.
 *
 * States: head -> body (of known length) or chunks -> answering -> head …; closed from any of them. One request at a time:
 * while it is answered nothing is read, and what the client sent ahead waits in `#room`.
 */
export class HttpConnection {
  readonly #socket: Socket;
  readonly #handle: HttpHandler;
  readonly #room = Buffer.allocUnsafeSlow(ROOM);
  #filled = 0;
  #state: 'head' | 'body' | 'chunks' | 'answering' | 'closed' = 'head';
  #head: RequestHead | null = null;
  #body: Buffer = Buffer.alloc(0);
  #received = 0;
  #chunks = new ChunkedBody();
  /** Where in the room the socket puts what comes next; -1: into the body. */
  #landing = 0;

  /** @param accepted a socket of a server that pauses on connect */
  constructor(accepted: Socket, handle: HttpHandler) {
    this.#handle = handle;
    this.#socket = readInto(accepted, { buffer: () => this.#offer(), callback: (count) => this.#receive(count) });
    this.#socket.setNoDelay(true);
    // A client that breaks off is no error of ours; 'close' follows.
    this.#socket.on('error', () => undefined);
    this.#socket.once('end', () => this.#socket.destroy());
    this.#socket.once('close', () => {
      this.#state = 'closed';
    });
  }

  onClose(listener: () => void): void {
    this.#socket.once('close', listener);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Memory for what comes next. The room is never full here, because a head that fills it is refused. */
  #offer(): Buffer {
    const isBody = this.#state === 'body';
    this.#landing = isBody ? -1 : this.#filled;
    return isBody ? this.#body.subarray(this.#received) : this.#room.subarray(this.#filled);
  }

  /** Takes note of received bytes; false stops reading. */
  #receive(count: number): boolean {
    if (this.#landing === -1) {
      this.#received += count;
      if (this.#received === this.#body.length) this.#dispatch(this.#body);
    } else {
      // The memory was offered before a request that was sent ahead left the room.
      if (this.#landing !== this.#filled) {
        this.#room.copyWithin(this.#filled, this.#landing, this.#landing + count);
      }
      this.#filled += count;
      this.#proceed();
    }
    return this.#isReading;
  }

  get #isReading(): boolean {
    return this.#state !== 'answering' && this.#state !== 'closed';
  }

  /** Goes as far as the bytes in the room allow. */
  #proceed(): void {
    try {
      if (this.#state === 'head') this.#readHead();
      if (this.#state === 'body') this.#readBody();
      if (this.#state === 'chunks') this.#readChunks();
    } catch (error) {
      if (!(error instanceof HttpSyntaxError)) throw error;
      this.#state = 'closed';
      this.#socket.end(`HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}\r\nconnection: close\r\n\r\n`);
    }
  }

  #readHead(): void {
    const end = this.#room.subarray(0, this.#filled).indexOf('\r\n\r\n');
    if (end === -1) {
      if (this.#filled === ROOM) throw new HttpSyntaxError(431, 'The head is too long');
      return;
    }
    const text = this.#room.toString('latin1', 0, end);
    this.#consume(end + 4);
    const head = parseHead(text.replace(/^(?:\r\n)+/, ''));
    this.#head = head;
    this.#state = head.length === null ? 'chunks' : 'body';
    if (head.length === null) this.#chunks = new ChunkedBody();
    else {
      this.#body = head.length > SMALL_BODY ? lendBody(head.length) : Buffer.allocUnsafeSlow(head.length);
      this.#received = 0;
    }
    if (head.waitsToSend && this.#filled === 0) this.#socket.write(CONTINUE);
  }

  #readBody(): void {
    const count = Math.min(this.#filled, this.#body.length - this.#received);
    this.#room.copy(this.#body, this.#received, 0, count);
    this.#received += count;
    this.#consume(count);
    if (this.#received === this.#body.length) this.#dispatch(this.#body);
  }

  #readChunks(): void {
    const end = this.#chunks.take(this.#room.subarray(0, this.#filled));
    this.#consume(end === -1 ? this.#filled : end);
    if (end !== -1) this.#dispatch(this.#chunks.bytes());
  }

  #consume(count: number): void {
    this.#room.copyWithin(0, count, this.#filled);
    this.#filled -= count;
  }

  #dispatch(body: Buffer): void {
    const head = this.#head;
    if (head === null) return;
    this.#state = 'answering';
    this.#body = Buffer.alloc(0);
    const { method, target, headers } = head;
    void this.#handle({ method, target, headers, body })
      .catch(() => null)
      .then((answer) => {
        if (answer === null) this.#socket.destroy();
        else this.#send(head, answer);
      });
  }

  /** Writes head and first piece together, and each further piece when the one before is out. */
  #send(request: RequestHead, answer: HttpAnswer): void {
    const socket = this.#socket;
    const pieces = request.method === 'HEAD' ? [][Symbol.iterator]() : answer.body.pieces()[Symbol.iterator]();
    const proceed = (error?: Error | null): void => {
      const next = error || this.#state === 'closed' ? pieces.return?.() : pieces.next();
      if (next !== undefined && next.done !== true) socket.write(next.value, proceed);
      else if (answer.breaksOff || error) socket.destroy();
      else if (request.isKept) this.#next();
      else socket.end();
    };
    const first = pieces.next();
    const head = printHead(answer, !request.isKept);
    if (first.done === true) {
      socket.write(head, proceed);
      return;
    }
    socket.cork();
    socket.write(head);
    socket.write(first.value, proceed);
    socket.uncork();
  }

  #next(): void {
    if (this.#state === 'closed') return;
    this.#state = 'head';
    this.#head = null;
    if (this.#filled > 0) this.#proceed();
    if (this.#isReading) this.#socket.resume();
  }
}

function printHead({ status, headers }: HttpAnswer, isLast: boolean): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value.replace(/[\r\n]+/g, ' ')}\r\n`);
  const connection = isLast ? 'connection: close\r\n' : 'connection: keep-alive\r\nkeep-alive: timeout=60\r\n';
  return Buffer.from(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}${connection}\r\n`,
    'latin1',
  );
}
