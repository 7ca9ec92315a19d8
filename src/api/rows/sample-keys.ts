import { BtMigrateError } from '../../domain/errors.ts';
import { isObject, type Json } from '../../domain/json.ts';
import type { SampleRequest } from '../../domain/row-io.ts';
import type { Connection } from '../connection.ts';
import type { HttpAnswer } from '../http-client.ts';
import { readObject } from '../read-json.ts';
import { sendRequest } from '../send-request.ts';
import { sampleQuery } from './row-query.ts';

const MOST_KEYS = 1000;

/**
 * Asks for some keys. Whoever asks can do without them, so only a rate limit is waited for.
 * @throws what `sendRequest` throws, after one attempt.
 */
export async function sampleKeys(connection: Connection, orgName: string, request: SampleRequest): Promise<string[]> {
  return sendRequest(connection, {
    method: 'POST',
    path: '/btql',
    body: sampleQuery(request, MOST_KEYS),
    orgName,
    repeatable: true,
    read: readKeys,
    endsWith: ({ repeat }) => repeat !== 'limited',
  });
}

function readKeys(answer: HttpAnswer): string[] {
  const { data } = readObject(answer);
  if (!Array.isArray(data)) throw unreadable();
  return (data as readonly Json[]).map((row) => {
    const key = isObject(row) ? row._pagination_key : undefined;
    if (typeof key !== 'string') throw unreadable();
    return key;
  });
}

function unreadable(): BtMigrateError {
  return new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
    detail: 'Expected the keys of some rows, got JSON of another shape.',
  });
}
