import { BtMigrateError } from '../../domain/errors.ts';
import { isObject, type Json } from '../../domain/json.ts';
import type { NamesRequest } from '../../domain/row-io.ts';
import type { Connection } from '../connection.ts';
import type { HttpAnswer } from '../http-client.ts';
import { readObject } from '../read-json.ts';
import { sendRequest } from '../send-request.ts';
import { containerColumn, someNamesQuery } from './row-query.ts';

/**
 * Asks for the ids of some rows, by id of their container. Whoever asks can do without them, so nothing is waited for.
 * @throws what `sendRequest` throws, after one attempt, and BTM_RESPONSE_UNREADABLE.
 */
export async function nameRows(
  connection: Connection,
  orgName: string,
  request: NamesRequest,
): Promise<Map<string, Set<string>>> {
  const column = containerColumn(request.containers[0].stream);
  return sendRequest(connection, {
    method: 'POST',
    path: '/btql',
    body: someNamesQuery(request),
    orgName,
    repeatable: true,
    read: (answer) => readNames(answer, column),
    endsWith: () => true,
  });
}

function readNames(answer: HttpAnswer, column: string): Map<string, Set<string>> {
  const { data } = readObject(answer);
  if (!Array.isArray(data)) throw unreadable();
  const names = new Map<string, Set<string>>();
  for (const row of data as readonly Json[]) {
    const { id, [column]: container } = isObject(row) ? row : {};
    if (typeof container !== 'string') throw unreadable();
    // A row without an id has none that another could share.
    if (typeof id === 'string') names.set(container, (names.get(container) ?? new Set()).add(id));
  }
  return names;
}

function unreadable(): BtMigrateError {
  return new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
    detail: 'Expected the ids of some rows and their containers, got JSON of another shape.',
  });
}
