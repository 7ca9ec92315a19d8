import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { ApiError } from '../api-error.ts';

/** The body of one request, read once however often and in whichever form it is asked for; un-gzipped when it says so. */
export class RequestBody {
  readonly #request: IncomingMessage;
  #chunks: Promise<readonly Buffer[]> | null = null;
  #bytes: Promise<Buffer> | null = null;

  constructor(request: IncomingMessage) {
    this.#request = request;
  }

  /** The pieces as they arrived: what a handler takes that does not need them in one piece for long. */
  chunks(): Promise<readonly Buffer[]> {
    this.#chunks ??= readAll(this.#request);
    return this.#chunks;
  }

  bytes(): Promise<Buffer> {
    this.#bytes ??= this.chunks().then((chunks) =>
      chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks),
    );
    return this.#bytes;
  }
}

function readAll(request: IncomingMessage): Promise<readonly Buffer[]> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const isGzipped = request.headers['content-encoding'] === 'gzip' && request.method !== 'PUT';
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('error', reject);
    request.once('close', () => reject(new Error('the client went away')));
    request.once('end', () => {
      try {
        resolve(isGzipped ? [gunzipSync(Buffer.concat(chunks))] : chunks);
      } catch (error) {
        reject(error);
      }
    });
  });
}

/**
 * Parses JSON; an empty body is null.
 * @throws ApiError 400 when the text is not JSON.
 */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return null;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new ApiError(
      400,
      `Request body is not valid JSON: ${error instanceof Error ? error.message : String(error)}`,
      'json',
    );
  }
}
