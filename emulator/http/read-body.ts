import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { ApiError } from '../api-error.ts';

/** Larger bodies lie in shared memory, which does not make the garbage collector start (see rows/row-segments.ts). */
const SMALL_BODY = 1 << 16;

/** The body of one request, read once however often it is asked for; un-gzipped when it says so. */
export class RequestBody {
  readonly #request: IncomingMessage;
  #bytes: Promise<Buffer> | null = null;

  constructor(request: IncomingMessage) {
    this.#request = request;
  }

  /** The bytes belong to who asks: they may be kept and, after the last question, changed. */
  bytes(): Promise<Buffer> {
    this.#bytes ??= this.#read();
    return this.#bytes;
  }

  #read(): Promise<Buffer> {
    const request = this.#request;
    const isGzipped = request.headers['content-encoding'] === 'gzip' && request.method !== 'PUT';
    const announced = Number(request.headers['content-length']);
    const memory = announced > SMALL_BODY ? Buffer.from(new SharedArrayBuffer(announced)) : null;
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
          const whole = memory ?? Buffer.concat(chunks);
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
