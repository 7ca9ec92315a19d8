import { BtMigrateError } from '../../domain/errors.ts';
import { NO_FILTER, type PageRequest, type RowId } from '../../domain/row-io.ts';
import { RowNotServed } from '../../domain/row-not-served.ts';
import { type FetchedPage, fetchPage } from './fetch-page.ts';
import type { ReadDeps } from './read-request.ts';
import { readMark } from './row-mark.ts';

/** Rows that are tried at one place until one is given: those that fail often stand side by side. */
const MOST_NEIGHBOURS = 3;

type Deps = Pick<ReadDeps, 'reader' | 'conditions' | 'buffers'>;

/**
 * After a page of one row was not given: the same page with the names of the row instead. A server that fails must give
 * another row of `containers` first: without one, nothing tells the row from the server.
 *
 * At last the row is asked for once more: the server may have come back meanwhile. A row that is edited between these
 * requests leaves the pass, and the next one reads it again.
 * @throws `error` when it is not about a single row, and what reading throws.
 */
export async function fetchName(
  deps: Deps,
  request: PageRequest,
  containers: PageRequest['containers'],
  error: unknown,
): Promise<FetchedPage> {
  if (!(error instanceof RowNotServed)) throw error;
  const alone = { ...request, rows: 1 };
  const named = await nameFirst(deps, alone, error);
  if (error.notServed.reason === 'failed') {
    const row = named?.row;
    if (row === undefined || !(await givesOthers(deps, alone, { row, containers, error }))) throw error;
  }
  try {
    return await fetchPage(deps, alone);
  } catch (again) {
    if (!(again instanceof RowNotServed) || named === undefined) throw again;
    const { why, bytes } = again.notServed;
    return { ...named.fetched, unserved: { row: named.row, why, bytes: bytes ?? 0 } };
  }
}

interface Named {
  readonly row: RowId;
  readonly fetched: FetchedPage;
}

/** Undefined when no row is there any more, or it has no id and cannot be told from others. */
async function nameFirst(deps: Deps, request: PageRequest, error: RowNotServed): Promise<Named | undefined> {
  try {
    const fetched = await fetchPage(deps, { ...request, columns: 'names' });
    const [{ stream, id: only }] = request.containers;
    if (fetched.page.count === 0) return undefined;
    const { id, container } = readMark(fetched.page, 0, stream);
    return id === null ? undefined : { row: { container: container ?? only, id }, fetched };
  } catch (failure) {
    // A server that names no rows is asked no more than before.
    if (failure instanceof BtMigrateError && failure.code === 'BTM_REQUEST_REJECTED') throw error;
    throw failure;
  }
}

interface Suspect {
  readonly row: RowId;
  readonly containers: PageRequest['containers'];
  readonly error: RowNotServed;
}

/** Tries the rows behind one, and then the first of all. */
async function givesOthers(deps: Deps, behind: PageRequest, { row, containers, error }: Suspect): Promise<boolean> {
  const first: PageRequest = { ...behind, containers, filter: NO_FILTER, start: { at: 'after_key' } };
  for (const place of [behind, first]) {
    const without = [...(behind.without ?? []), row];
    for (let n = 0; n < MOST_NEIGHBOURS; n++) {
      const request = { ...place, without };
      const answer = await tryRow(deps, request);
      if (answer === 'given') return true;
      const next = answer === 'failed' ? await nameFirst(deps, request, error) : undefined;
      if (next === undefined) break;
      without.push(next.row);
    }
  }
  return false;
}

async function tryRow(deps: Deps, request: PageRequest): Promise<'given' | 'none' | 'failed'> {
  try {
    const { page, recycle } = await fetchPage(deps, request);
    recycle();
    return page.count > 0 ? 'given' : 'none';
  } catch (error) {
    if (!(error instanceof RowNotServed)) throw error;
    return error.notServed.reason === 'too_large' ? 'given' : 'failed';
  }
}
