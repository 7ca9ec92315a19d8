import { ReadLane } from './read-lane.ts';
import type { ReadDeps, ReadPage, ReadRequest } from './read-request.ts';

/**
 * Reads rows in order of their keys: disjoint pages, none missing, several read at once when that pays. Rows without a key
 * come last.
 * @throws BTM_RESPONSE_UNREADABLE for pages that are not in order, the signal's reason, and what `OrgReader.readPage` throws.
 */
export async function* readRows(request: ReadRequest, deps: ReadDeps): AsyncGenerator<ReadPage> {
  const lane = new ReadLane(request, deps);
  try {
    for (let page = await lane.next(); page !== null; page = await lane.next()) yield page;
  } finally {
    lane.stop();
  }
}
