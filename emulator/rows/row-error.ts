import { isUtf8 } from 'node:buffer';
import { ApiError } from '../api-error.ts';
import { InvalidRowError, TooLargeError } from './row-limits.ts';
import { JsonSyntaxError } from './scan-json.ts';

/** Runs row code and turns what is wrong with the rows into the answer of the data plane. */
export function answeringRowErrors<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof JsonSyntaxError) {
      throw new ApiError(400, `Request body is not valid JSON: ${error.message}`, 'json');
    }
    if (error instanceof InvalidRowError) throw new ApiError(400, error.message, 'json');
    if (error instanceof TooLargeError) throw new ApiError(413, error.message, 'json');
    throw error;
  }
}

/** Refuses a body above the advertised limit (fact sheet 1.6). */
export function checkPayload(bytes: Buffer, limit: number | null): void {
  if (limit !== null && bytes.length > limit) {
    throw new ApiError(413, `Request body of ${bytes.length} bytes exceeds the limit of ${limit} bytes`, 'json');
  }
}

/** Refuses rows that are not UTF-8, which JSON is. */
export function checkUtf8(bytes: Buffer): void {
  if (!isUtf8(bytes)) throw new ApiError(400, 'Request body is not valid JSON: it is not UTF-8', 'json');
}
