import { BtMigrateError } from '../../domain/errors.ts';
import { isObject } from '../../domain/json.ts';
import type { Container } from '../../domain/row-io.ts';
import type { Connection } from '../connection.ts';
import { readObject } from '../read-json.ts';
import { sendRequest } from '../send-request.ts';
import { versionQuery } from './row-query.ts';

/**
 * Asks which of these rows a container has, and which transaction wrote each of them last.
 * @throws what `sendRequest` throws.
 */
export async function rowVersions(
  connection: Connection,
  orgName: string,
  container: Container,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  return sendRequest(connection, {
    method: 'POST',
    path: '/btql',
    body: versionQuery(container, ids),
    orgName,
    repeatable: true,
    read: (answer) => {
      const { data } = readObject(answer);
      if (!Array.isArray(data)) throw unreadable();
      const versions = new Map<string, string>();
      for (const row of data) {
        if (!isObject(row) || typeof row.id !== 'string' || typeof row._xact_id !== 'string') throw unreadable();
        versions.set(row.id, row._xact_id);
      }
      return versions;
    },
  });
}

function unreadable(): BtMigrateError {
  return new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
    detail: 'Expected rows with their ids and transactions, got JSON of another shape.',
  });
}
