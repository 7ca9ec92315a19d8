import { BtMigrateError } from '../../domain/errors.ts';
import { isObject, type Json } from '../../domain/json.ts';
import type { Container } from '../../domain/row-io.ts';
import type { Connection } from '../connection.ts';
import type { HttpAnswer } from '../http-client.ts';
import { readObject } from '../read-json.ts';
import { sendRequest } from '../send-request.ts';
import { versionsQuery } from './row-query.ts';
import { xactOf } from './watermark.ts';

/** Ids of one query. */
const MOST_IDS = 500;

/**
 * Asks which transaction last wrote each of these rows. An answer may hold fewer rows than there are, so what is missing is
 * asked for again until nothing more comes.
 * @throws what `sendRequest` throws.
 */
export async function readVersions(
  connection: Connection,
  orgName: string,
  container: Container,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (let at = 0; at < ids.length; at += MOST_IDS) {
    let missing = ids.slice(at, at + MOST_IDS);
    while (missing.length > 0) {
      const versions = await sendRequest(connection, {
        method: 'POST',
        path: '/btql',
        body: versionsQuery(container, missing),
        orgName,
        repeatable: true,
        read: readRows,
      });
      for (const [id, xact] of versions) found.set(id, xact);
      const left = missing.filter((id) => !found.has(id));
      if (left.length === missing.length) break;
      missing = left;
    }
  }
  return found;
}

function readRows(answer: HttpAnswer): [id: string, xact: string][] {
  const { data } = readObject(answer);
  if (!Array.isArray(data)) throw unreadable();
  return (data as readonly Json[]).map((row) => {
    const { id, _xact_id } = isObject(row) ? row : {};
    const xact = xactOf(_xact_id);
    if (typeof id !== 'string' || xact === null) throw unreadable();
    return [id, xact];
  });
}

function unreadable(): BtMigrateError {
  return new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
    detail: 'Expected rows with their transaction ids, got JSON of another shape.',
  });
}
