import { BtMigrateError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import type { ListAnswer, ListRequest } from '../domain/org.ts';
import { ApiError } from './api-error.ts';

/** Objects asked for at once (fact sheet 2.1: no documented maximum). */
const PAGE_SIZE = 1000;
/** Servers cap pages at round numbers: a list of exactly so many, read in one page, may have been cut. */
const ROUND = 50;

/** Fetches one page with these query parameters. */
export type FetchPage = (query: Readonly<Record<string, string>>) => Promise<readonly JsonObject[]>;

/**
 * Reads a list to its end: an empty page, or one that brings nothing new, which is how a server answers that ignores the
 * cursor (contract section 8). Pages may be shorter than asked; an object on two pages (a list shifts while objects are
 * created) counts once. Where the cursor is ignored or refused there is only one page, and it may have been cut: it is
 * incomplete when it holds exactly as many objects as were asked for, and in a `limit_only` list any round number.
 * @throws BTM_RESPONSE_UNREADABLE when an object has no id.
 */
export async function listPages(request: ListRequest, fetchPage: FetchPage): Promise<ListAnswer> {
  if (request.paging === 'whole') return { objects: await fetchPage(request.query), complete: true };
  const seen = new Map<string, JsonObject>();
  const query = { ...request.query, limit: String(PAGE_SIZE) };
  let page = await fetchPage(query);
  let cursor = collect(request, page, seen);
  const first = seen.size;
  while (cursor !== undefined) {
    const before = seen.size;
    try {
      page = await fetchPage({ ...query, starting_after: cursor });
    } catch (error) {
      if (request.paging === 'limit_only' && isRefusedQuery(error)) return cut(seen);
      throw error;
    }
    cursor = collect(request, page, seen);
    if (cursor !== undefined && seen.size === before) {
      if (request.paging === 'limit_only') return cut(seen);
      return { objects: [...seen.values()], complete: seen.size > first || first !== PAGE_SIZE };
    }
  }
  return { objects: [...seen.values()], complete: true };
}

/** Adds a page and returns the id of its last object, or undefined when the page is empty. */
function collect(request: ListRequest, page: readonly JsonObject[], seen: Map<string, JsonObject>): string | undefined {
  let last: string | undefined;
  for (const object of page) {
    const id = object.id;
    if (typeof id !== 'string') throw unreadable(request, 'listed an object without an id');
    if (!seen.has(id)) seen.set(id, object);
    last = id;
  }
  return last;
}

function cut(seen: ReadonlyMap<string, JsonObject>): ListAnswer {
  return { objects: [...seen.values()], complete: seen.size % ROUND !== 0 };
}

function isRefusedQuery(error: unknown): boolean {
  return error instanceof ApiError && error.status === 400;
}

function unreadable(request: ListRequest, what: string): BtMigrateError {
  return new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
    detail: `GET ${request.path} ${what}.`,
    hint: 'Nothing may be concluded from half a list. Exclude the kind under resources, or report the server.',
  });
}
