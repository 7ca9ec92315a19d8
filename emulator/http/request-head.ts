import type { RequestHeaders } from './http-request.ts';

/** A request that is no HTTP; the connection ends with this status. */
export class HttpSyntaxError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What stands before the body of a request. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  readonly headers: RequestHeaders;
  /** Bytes of the body; null when it comes in chunks. */
  readonly length: number | null;
  /** The connection stays open after the answer. */
  readonly isKept: boolean;
  /** The client sends the body only after it was told to go on. */
  readonly waitsToSend: boolean;
}

const REQUEST_LINE = /^([!#$%&'*+.^_`|~\w-]+) (\S+) HTTP\/1\.([01])$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/;
const ABSOLUTE_TARGET = /^https?:\/\/[^/?]*/i;
/** The largest body, because a longer one fits into no buffer. */
const MAX_BODY = 2 ** 31 - 1;

/** Reads the text before the empty line. @throws HttpSyntaxError */
export function parseHead(text: string): RequestHead {
  const [first = '', ...lines] = text.split('\r\n');
  const [, method = '', target = '', minor] = REQUEST_LINE.exec(first) ?? [];
  if (method === '') throw new HttpSyntaxError(400, 'Not a request line');
  const headers = parseHeaders(lines);
  const connection = (headers.connection ?? '').toLowerCase();
  return {
    method,
    target: target.replace(ABSOLUTE_TARGET, '') || '/',
    headers,
    length: bodyLength(headers),
    isKept: minor === '1' ? !connection.includes('close') : connection.includes('keep-alive'),
    waitsToSend: minor === '1' && headers.expect?.toLowerCase() === '100-continue',
  };
}

function parseHeaders(lines: readonly string[]): RequestHeaders {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const match = HEADER_LINE.exec(line);
    if (match === null) throw new HttpSyntaxError(400, 'Not a header line');
    const name = (match[1] ?? '').toLowerCase();
    const value = match[2] ?? '';
    const before = headers.get(name);
    if (name === 'content-length' && before !== undefined && before !== value) {
      throw new HttpSyntaxError(400, 'Two lengths');
    }
    headers.set(name, before === undefined || name === 'content-length' ? value : `${before}, ${value}`);
  }
  return Object.fromEntries(headers);
}

function bodyLength(headers: RequestHeaders): number | null {
  const encoding = headers['transfer-encoding'];
  if (encoding !== undefined) {
    if (encoding.toLowerCase() !== 'chunked') throw new HttpSyntaxError(501, 'Only chunked is understood');
    return null;
  }
  const text = headers['content-length'] ?? '0';
  if (!/^\d+$/.test(text)) throw new HttpSyntaxError(400, 'Not a length');
  const length = Number(text);
  if (length > MAX_BODY) throw new HttpSyntaxError(413, 'Too long');
  return length;
}
