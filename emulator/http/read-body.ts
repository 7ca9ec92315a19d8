import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { ApiError } from '../api-error.ts';

/** Reads the whole body once, un-gzipped when it says so. Later calls get the same promise. */
export function bodyReader(request: IncomingMessage): () => Promise<Buffer> {
  let body: Promise<Buffer> | null = null;
  return () => {
    body ??= readAll(request);
    return body;
  };
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'gzip' && request.method !== 'PUT' ? gunzipSync(bytes) : bytes;
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
