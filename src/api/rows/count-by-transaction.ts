import { BtMigrateError } from '../../domain/errors.ts';
import { isObject, type Json, JsonNumber } from '../../domain/json.ts';
import type { Container } from '../../domain/row-io.ts';
import type { Connection } from '../connection.ts';
import type { HttpAnswer } from '../http-client.ts';
import { readObject } from '../read-json.ts';
import { sendRequest } from '../send-request.ts';
import { transactionsQuery } from './row-query.ts';
import { xactOf } from './watermark.ts';

/**
 * Counts the rows of a container by the transaction that last wrote them.
 * @throws BTM_RESPONSE_UNREADABLE for an answer of another shape, and what `sendRequest` throws.
 */
export async function countByTransaction(
  connection: Connection,
  orgName: string,
  container: Container,
): Promise<Map<string, number>> {
  return sendRequest(connection, {
    method: 'POST',
    path: '/btql',
    body: transactionsQuery(container),
    orgName,
    repeatable: true,
    read: readCounts,
  });
}

function readCounts(answer: HttpAnswer): Map<string, number> {
  const { data } = readObject(answer);
  if (!Array.isArray(data)) throw unreadable();
  const counts = (data as readonly Json[]).map((row): [xact: string, rows: number] => {
    const { _xact_id, row_count } = isObject(row) ? row : {};
    const xact = xactOf(_xact_id);
    const rows = row_count instanceof JsonNumber ? Number(row_count.literal) : row_count;
    if (xact === null || typeof rows !== 'number') throw unreadable();
    return [xact, rows];
  });
  return new Map(counts);
}

function unreadable(): BtMigrateError {
  return new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
    detail: 'Expected the number of rows of each transaction, got JSON of another shape.',
  });
}
