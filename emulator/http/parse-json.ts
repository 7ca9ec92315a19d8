import { ApiError } from '../api-error.ts';

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
