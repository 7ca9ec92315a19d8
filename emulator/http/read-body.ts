import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { ApiError } from '../api-error.ts';
import { BodyPool } from './body-pool.ts';

/** Shared by all servers of the process. */
const pool = new BodyPool();

/** The body of one request, read once however often it is asked for; un-gzipped when it says so. */
export class RequestBody {
  readonly #request: IncomingMessage;
  #bytes: Promise<Buffer> | null = null;
  #pooled: Buffer | null = null;

  constructor(request: IncomingMessage) {
    this.#request = request;
  }

  /** Good until `release`: whoever keeps the bytes copies them. */
  bytes(): Promise<Buffer> {
    this.#bytes ??= this.#read();
    return this.#bytes;
  }

  /** Gives the memory to the next request. */
  release(): void {
    if (this.#pooled !== null) pool.give(this.#pooled);
    this.#pooled = null;
  }

  #read(): Promise<Buffer> {
    const request = this.#request;
    const isGzipped = request.headers['content-encoding'] === 'gzip' && request.method !== 'PUT';
    const length = Number(request.headers['content-length']);
    const memory = isGzipped ? null : pool.take(length);
    this.#pooled = memory;
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let size = 0;
      request.on('data', (chunk: Buffer) => {
        if (memory === null) chunks.push(chunk);
        else memory.set(chunk, size);
        size += chunk.length;
      });
      request.once('error', reject);
      request.once('close', () => reject(new Error('the client went away')));
      request.once('end', () => {
        try {
          const whole = memory === null ? Buffer.concat(chunks) : memory.subarray(0, size);
          resolve(isGzipped ? gunzipSync(whole) : whole);
        } catch (error) {
          reject(error);
        }
      });
    });
  }
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
