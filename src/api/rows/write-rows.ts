import { BtMigrateError } from '../../domain/errors.ts';
import type { RowBody, StagedBatch, WrittenRows } from '../../domain/row-io.ts';
import { type RefusalReason, RowsRefused } from '../../domain/rows-refused.ts';
import { ApiError } from '../api-error.ts';
import type { Connection } from '../connection.ts';
import type { HttpAnswer } from '../http-client.ts';
import { sendRequest } from '../send-request.ts';

/** Writes rows with ids, which replaces what has their id: sending them twice equals sending them once (fact sheet 4.4). */
export async function insertRows(connection: Connection, orgName: string, rows: RowBody): Promise<WrittenRows> {
  try {
    return await sendRequest(connection, {
      method: 'POST',
      path: '/logs3',
      body: rows.body,
      orgName,
      repeatable: true,
      read: (answer) => readWritten(answer, rows.rowCount),
    });
  } catch (error) {
    throw refusal(error) ?? error;
  }
}

/**
 * Writes a staged batch (fact sheet 4.5). A commit may be repeated, but whether a second one finds the batch is unknown:
 * a refusal after a lost answer tells nothing.
 * @throws RowsRefused; BTM_OUTCOME_UNKNOWN when the batch is gone after a lost answer.
 */
export async function commitRows(connection: Connection, orgName: string, batch: StagedBatch): Promise<WrittenRows> {
  let answerLost = false;
  try {
    return await sendRequest(connection, {
      method: 'POST',
      path: '/logs3',
      body: JSON.stringify({ rows: { type: 'logs3_overflow', key: batch.key }, api_version: 2 }),
      orgName,
      repeatable: true,
      read: (answer) => readWritten(answer, batch.rowCount),
      endsWith: ({ effect }) => {
        answerLost ||= effect === 'unknown';
        return false;
      },
    });
  } catch (error) {
    const refused = refusal(error);
    if (refused === undefined) throw error;
    if (!answerLost) throw refused;
    throw new BtMigrateError('BTM_OUTCOME_UNKNOWN', {
      detail: `The answer to the commit of ${batch.rowCount} staged rows was lost, and the batch is not there any more. ${refused.detail}`,
      hint: 'Run the same command again: rows that arrived are replaced by themselves.',
      cause: refused,
    });
  }
}

/** Rows the server would not take, as whoever wrote them can use it; undefined for any other error. */
export function refusal(error: unknown, reasons = ROW_REASONS): RowsRefused | undefined {
  if (!(error instanceof ApiError)) return undefined;
  const reason = reasons.get(error.status);
  if (reason === undefined) return undefined;
  return new RowsRefused(reason, error.serverText, {
    detail: error.detail,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  });
}

const ROW_REASONS: ReadonlyMap<number, RefusalReason> = new Map([
  [400, 'rejected'],
  [413, 'too_large'],
  [422, 'rejected'],
]);

function readWritten({ body }: HttpAnswer, rowCount: number): WrittenRows {
  // Thousands of plain ids: nothing here needs the parser that keeps numbers.
  const { ids, xact_id: xactId } = parse(body) as { ids?: unknown; xact_id?: unknown };
  if (!Array.isArray(ids) || ids.length !== rowCount) {
    throw new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
      detail: `The server was sent ${rowCount} rows and acknowledged ${Array.isArray(ids) ? ids.length : 'none by its id'}.`,
    });
  }
  return { xactId: typeof xactId === 'string' ? xactId : null };
}

function parse(body: Buffer): object {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Reported below, with what came instead.
  }
  throw new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
    detail: `Expected the ids of the written rows, got ${body.length} bytes that are no JSON object.`,
  });
}
