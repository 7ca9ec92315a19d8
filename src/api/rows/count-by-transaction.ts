import { BtMigrateError } from '../../domain/errors.ts';
import { isObject, type Json, JsonNumber } from '../../domain/json.ts';
import type { Container } from '../../domain/row-io.ts';
import { compareXacts } from '../../domain/xact.ts';
import type { Connection } from '../connection.ts';
import type { HttpAnswer } from '../http-client.ts';
import { readObject } from '../read-json.ts';
import { sendRequest } from '../send-request.ts';
import { outdated } from './outdated-answer.ts';
import { containerColumn, transactionsQuery } from './row-query.ts';
import { stateOf, xactOf } from './watermark.ts';

/**
 * Counts the rows of containers of one stream by the transaction that last wrote them; by id of the container.
 * @throws BTM_RESPONSE_UNREADABLE for an answer of another shape or older than `seen`, and what `sendRequest` throws.
 */
export async function countByTransaction(
  connection: Connection,
  orgName: string,
  containers: readonly Container[],
  seen: string | null,
): Promise<Map<string, Map<string, number>>> {
  const [first, ...others] = containers;
  if (first === undefined) return new Map();
  return sendRequest(connection, {
    method: 'POST',
    path: '/btql',
    body: transactionsQuery([first, ...others]),
    orgName,
    repeatable: true,
    read: (answer) => readCounts(answer, containers, seen),
  });
}

function readCounts(
  answer: HttpAnswer,
  containers: readonly Container[],
  seen: string | null,
): Map<string, Map<string, number>> {
  const object = readObject(answer);
  const { data } = object;
  const state = stateOf(object);
  if (seen !== null && state !== null && compareXacts(state, seen) < 0) throw outdated(seen, state);
  if (!Array.isArray(data)) throw unreadable();
  const asked = new Set(containers.map(({ id }) => id));
  const counts = new Map<string, Map<string, number>>();
  for (const row of data as readonly Json[]) {
    const { _xact_id, row_count, ...named } = isObject(row) ? row : {};
    const id = containers.length === 1 ? containers[0]?.id : named[containerColumn(containers[0]?.stream ?? 'logs')];
    const xact = xactOf(_xact_id);
    const rows = row_count instanceof JsonNumber ? Number(row_count.literal) : row_count;
    if (xact === null || typeof rows !== 'number' || typeof id !== 'string' || !asked.has(id)) throw unreadable();
    counts.set(id, (counts.get(id) ?? new Map<string, number>()).set(xact, rows));
  }
  return counts;
}

function unreadable(): BtMigrateError {
  return new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
    detail: 'Expected the number of rows of each transaction, got JSON of another shape.',
  });
}
