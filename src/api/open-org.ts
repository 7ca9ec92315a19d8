import { stringifyJson } from '../domain/json.ts';
import type { OrgIdentity, OrgReader, OrgWriter } from '../domain/org.ts';
import { Connection } from './connection.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { findIdentity } from './find-identity.ts';
import { listPages } from './list-pages.ts';
import { readObject, readObjects } from './read-json.ts';
import { rowReading, rowWriting } from './rows/row-access.ts';
import { sendRequest } from './send-request.ts';
import { secretsOf } from './server-text.ts';

/**
 * Opens an organization over HTTP for reading. Nothing is sent before the first call.
 * @throws BTM_SPEC_INVALID for an unusable url, BTM_CREDENTIALS_MISSING or BTM_CREDENTIALS_REJECTED for the key.
 */
export function openReader(options: ConnectionOptions): OrgReader {
  return readerOf(new Connection(options, 'reading'));
}

/** Opens an organization over HTTP for reading and writing; throws as `openReader` does. */
export function openWriter(options: ConnectionOptions): OrgWriter {
  const connection = new Connection(options, 'writing');
  const reader = readerOf(connection);
  return {
    ...reader,
    ...rowWriting(connection, reader.identity),
    write: async (request) => {
      const { orgName } = await reader.identity();
      return sendRequest(connection, {
        method: request.method,
        path: request.path,
        ...(request.query === undefined ? {} : { query: request.query }),
        ...(request.body === undefined ? {} : { body: stringifyJson(request.body) }),
        orgName,
        repeatable: request.idempotent,
        secrets: secretsOf(request.body),
        read: (answer) => ({
          object: readObject(answer),
          foundExisting: answer.headers.get('x-bt-found-existing') === 'true',
        }),
      });
    },
  };
}

function readerOf(connection: Connection): OrgReader {
  let found: Promise<OrgIdentity> | undefined;
  const identity = (): Promise<OrgIdentity> => {
    found ??= findIdentity(connection).catch((error: unknown) => {
      // Another call may have better luck.
      found = undefined;
      throw error;
    });
    return found;
  };
  return {
    identity,
    ...rowReading(connection, identity),
    list: async (request) => {
      const { orgName } = await identity();
      return listPages(request, (query) =>
        sendRequest(connection, {
          method: 'GET',
          path: request.path,
          query,
          orgName,
          repeatable: true,
          read: readObjects,
        }),
      );
    },
    requestsSent: () => connection.requestsSent,
    serverTime: () => connection.serverTime(),
    close: () => connection.close(),
  };
}
