import { BtMigrateError } from '../domain/errors.ts';
import type { Side } from '../domain/event.ts';

/** POST routes that change nothing: queries and the login (fact sheet 1.3, 5). */
const READING_POSTS: ReadonlySet<string> = new Set(['/btql', '/api/apikey/login']);

/** True when a request cannot change an organization. `path` is below the base URL, already normalised. */
export function isReading(method: string, path: string): boolean {
  return method === 'GET' || (method === 'POST' && READING_POSTS.has(path));
}

/**
 * The one place that keeps a reader from writing, whatever the types said.
 * @throws BTM_SOURCE_IS_READ_ONLY
 */
export function refuseWriting(side: Side, method: string, path: string): void {
  if (isReading(method, path)) return;
  throw new BtMigrateError('BTM_SOURCE_IS_READ_ONLY', {
    detail: `${method} ${path} would have been sent to the ${side}, which was opened for reading. Nothing was sent.`,
    hint: 'This is a mistake in bt-migrate, please report it.',
  });
}
