import type { OrgIdentity, OrgReader, OrgWriter } from '../../domain/org.ts';
import type { PayloadLimits } from '../../domain/row-io.ts';
import type { Connection } from '../connection.ts';
import { countByTransaction } from './count-by-transaction.ts';
import { RowCounter } from './count-rows.ts';
import { nameRows } from './name-rows.ts';
import { openBlob } from './open-blob.ts';
import { readPayloadLimits } from './payload-limits.ts';
import { putBlob } from './put-blob.ts';
import { PageReader } from './read-page.ts';
import { readVersions } from './read-versions.ts';
import { sampleKeys } from './sample-keys.ts';
import { stageRows } from './stage-rows.ts';
import { commitRows, insertRows } from './write-rows.ts';

type RowReading = Pick<
  OrgReader,
  'countRows' | 'countByTransaction' | 'readPage' | 'sampleKeys' | 'nameRows' | 'readVersions' | 'openBlob'
>;
type RowWriting = Pick<OrgWriter, 'payloadLimits' | 'insertRows' | 'stageRows' | 'commitRows' | 'putBlob'>;

/** The part of the port that reads rows and attachments of one organization. */
export function rowReading(connection: Connection, identity: () => Promise<OrgIdentity>): RowReading {
  const orgName = async (): Promise<string> => (await identity()).orgName;
  const counter = new RowCounter(connection, orgName);
  const pages = new PageReader(connection, orgName);
  return {
    countRows: (requests, options) => counter.count(requests, options),
    countByTransaction: async (containers, seen) => countByTransaction(connection, await orgName(), containers, seen),
    readPage: (request) => pages.read(request),
    sampleKeys: async (request) => sampleKeys(connection, await orgName(), request),
    nameRows: async (request) => nameRows(connection, await orgName(), request),
    readVersions: async (container, ids, seen) => readVersions(connection, await orgName(), { container, ids, seen }),
    openBlob: async (blob) => openBlob(connection, await identity(), blob),
  };
}

/** The part of the port that writes rows and attachments; the limits are asked for once. */
export function rowWriting(connection: Connection, identity: () => Promise<OrgIdentity>): RowWriting {
  const orgName = async (): Promise<string> => (await identity()).orgName;
  let limits: Promise<PayloadLimits> | undefined;
  return {
    payloadLimits: () => {
      limits ??= orgName()
        .then((name) => readPayloadLimits(connection, name))
        .catch((error: unknown) => {
          limits = undefined;
          throw error;
        });
      return limits;
    },
    insertRows: async (rows) => insertRows(connection, await orgName(), rows),
    stageRows: async (rows) => stageRows(connection, await orgName(), rows),
    commitRows: async (batch) => commitRows(connection, await orgName(), batch),
    putBlob: async (upload) => putBlob(connection, await identity(), upload),
  };
}
