import { BtMigrateError } from '../../domain/errors.ts';
import { isObject, type Json } from '../../domain/json.ts';
import type { Container } from '../../domain/row-io.ts';
import { compareXacts } from '../../domain/xact.ts';
import type { Connection } from '../connection.ts';
import type { HttpAnswer } from '../http-client.ts';
import { readObject } from '../read-json.ts';
import { sendRequest } from '../send-request.ts';
import { outdated } from './outdated-answer.ts';
import { versionsQuery } from './row-query.ts';
import { stateOf, xactOf } from './watermark.ts';

/** Ids of one query. */
const MOST_IDS = 500;

interface VersionsRequest {
  readonly container: Container;
  readonly ids: readonly string[];
  /** A transaction that was seen in the container: what is missing in an answer that is older proves nothing. */
  readonly seen: string | undefined;
}

/**
 * Asks which transaction last wrote each of these rows. An answer may hold fewer rows than there are, so what is missing is
 * asked for again until nothing more comes.
 * @throws what `sendRequest` throws, and BTM_RESPONSE_UNREADABLE when rows are missing in an answer older than `seen`.
 */
export async function readVersions(
  connection: Connection,
  orgName: string,
  { container, ids, seen }: VersionsRequest,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (let at = 0; at < ids.length; at += MOST_IDS) {
    let missing = ids.slice(at, at + MOST_IDS);
    while (missing.length > 0) {
      const { versions, state } = await sendRequest(connection, {
        method: 'POST',
        path: '/btql',
        body: versionsQuery(container, missing),
        orgName,
        repeatable: true,
        read: readRows,
      });
      for (const [id, xact] of versions) found.set(id, xact);
      const left = missing.filter((id) => !found.has(id));
      if (left.length > 0 && seen !== undefined && state !== null && compareXacts(state, seen) < 0)
        throw outdated(seen, state);
      if (left.length === missing.length) break;
      missing = left;
    }
  }
  return found;
}

interface Versions {
  readonly versions: readonly (readonly [id: string, xact: string])[];
  /** How far the answer says that it reaches; null when it does not say. */
  readonly state: string | null;
}

function readRows(answer: HttpAnswer): Versions {
  const object = readObject(answer);
  const { data } = object;
  if (!Array.isArray(data)) throw unreadable();
  const versions = (data as readonly Json[]).map((row) => {
    const { id, _xact_id } = isObject(row) ? row : {};
    const xact = xactOf(_xact_id);
    if (typeof id !== 'string' || xact === null) throw unreadable();
    return [id, xact] as const;
  });
  return { versions, state: stateOf(object) };
}

function unreadable(): BtMigrateError {
  return new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
    detail: 'Expected rows with their transaction ids, got JSON of another shape.',
  });
}
