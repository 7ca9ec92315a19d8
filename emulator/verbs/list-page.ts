import { ApiError } from '../api-error.ts';
import type { RequestContext } from '../route.ts';
import { findAge, type StoredObject } from '../store/object-table.ts';
import { invalid, isUuid, missing } from './refusals.ts';

export interface PageRequest {
  /** Null asks for everything. */
  readonly limit: number | null;
  readonly startingAfter: string | null;
  readonly endingBefore: string | null;
}

/**
 * Reads limit, starting_after and ending_before (fact sheet 2.1).
 * @throws ApiError 400 for a limit that is no count, or for both cursors at once.
 */
export function readPageRequest(query: URLSearchParams, defaultLimit: number | null): PageRequest {
  const limit = query.get('limit');
  if (limit !== null && !/^\d+$/.test(limit)) {
    throw invalid({
      code: 'invalid_type',
      expected: 'number',
      received: 'nan',
      message: 'Expected number, received nan',
      path: ['limit'],
    });
  }
  const startingAfter = query.get('starting_after');
  const endingBefore = query.get('ending_before');
  if (startingAfter !== null && endingBefore !== null) {
    throw new ApiError(400, 'Only one of starting_after and ending_before can be provided');
  }
  return { limit: limit === null ? defaultLimit : Number(limit), startingAfter, endingBefore };
}

/**
 * One page, newest first. `lists` are in order of age, oldest first; `keep` filters.
 * The world may cap pages or make them shorter than asked (visibility.ts).
 */
export function listPage(
  context: RequestContext,
  kind: string,
  lists: readonly (readonly StoredObject[])[],
  page: PageRequest,
  keep: (stored: StoredObject) => boolean,
): StoredObject[] {
  const list = lists.length === 1 ? (lists[0] ?? []) : mergeByAge(lists);
  const size = pageSize(context, page.limit);
  const newest = newestVisible(context);
  const accept = (stored: StoredObject): boolean => stored.created <= newest && keep(stored);
  if (page.endingBefore !== null) {
    const found: StoredObject[] = [];
    let at = findAge(list, cursorObject(context, kind, page.endingBefore));
    if (list[at]?.id === page.endingBefore) at += 1;
    for (; at < list.length && found.length < size; at++) push(found, list[at], accept);
    return found.reverse();
  }
  const found: StoredObject[] = [];
  let at = page.startingAfter === null ? list.length : findAge(list, cursorObject(context, kind, page.startingAfter));
  for (at -= 1; at >= 0 && found.length < size; at--) push(found, list[at], accept);
  return found;
}

function push(
  found: StoredObject[],
  stored: StoredObject | undefined,
  accept: (stored: StoredObject) => boolean,
): void {
  if (stored !== undefined && accept(stored)) found.push(stored);
}

function pageSize(context: RequestContext, limit: number | null): number {
  const { pageCap, pageShare } = context.world.visibility;
  const asked = limit ?? Number.POSITIVE_INFINITY;
  const shared =
    pageShare < 1 && asked > 1 && Number.isFinite(asked) ? Math.max(1, Math.floor(asked * pageShare)) : asked;
  return Math.min(shared, pageCap ?? Number.POSITIVE_INFINITY);
}

function newestVisible(context: RequestContext): string {
  const { objectLag } = context.world.visibility;
  return objectLag === 0 ? '9' : new Date(context.now() - objectLag).toISOString();
}

/** The object that a cursor names; it may have been deleted since. */
function cursorObject(context: RequestContext, kind: string, id: string): StoredObject {
  const stored = isUuid(id) ? context.world.table(kind).get(id) : undefined;
  if (stored === undefined || !(stored.orgId === '' || context.orgs.some((org) => org.id === stored.orgId))) {
    throw new ApiError(400, missing('read', kind, id));
  }
  return stored;
}

function mergeByAge(lists: readonly (readonly StoredObject[])[]): StoredObject[] {
  return lists
    .flat()
    .sort((a, b) => (a.created === b.created ? (a.id < b.id ? -1 : 1) : a.created < b.created ? -1 : 1));
}
