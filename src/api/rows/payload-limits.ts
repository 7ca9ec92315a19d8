import { JsonNumber } from '../../domain/json.ts';
import type { PayloadLimits } from '../../domain/row-io.ts';
import { ApiError } from '../api-error.ts';
import type { Connection } from '../connection.ts';
import { readObject } from '../read-json.ts';
import { sendRequest } from '../send-request.ts';
import { LARGEST_DESCRIPTION } from './describe-rows.ts';

/** What the gateway takes where the server does not say (fact sheet 1.6). */
const GATEWAY_BYTES = 6 * 1024 * 1024;
/** Rows of one transaction: their numbers have 16 bits (fact sheet 4.2). */
const TRANSACTION_ROWS = 65_536;

/**
 * Asks what a write may hold. Half of the advertised size is used, because bodies near it are refused (fact sheet 1.6);
 * a server that advertises one takes staged batches, whose descriptions must fit as well.
 */
export async function readPayloadLimits(connection: Connection, orgName: string): Promise<PayloadLimits> {
  const advertised = await advertisedBytes(connection, orgName);
  const bytes = Math.floor((advertised ?? GATEWAY_BYTES) / 2);
  const described = Math.floor(bytes / LARGEST_DESCRIPTION);
  return { bytes, stagedRows: advertised === null ? 0 : Math.min(TRANSACTION_ROWS, described) };
}

async function advertisedBytes(connection: Connection, orgName: string): Promise<number | null> {
  try {
    return await sendRequest(connection, {
      method: 'GET',
      path: '/version',
      orgName,
      repeatable: true,
      read: (answer) => {
        const { logs3_payload_max_bytes: found } = readObject(answer);
        const bytes = found instanceof JsonNumber ? Number(found.literal) : found;
        return typeof bytes === 'number' && bytes > 0 ? bytes : null;
      },
    });
  } catch (error) {
    if (error instanceof ApiError && error.routeMissing) return null;
    throw error;
  }
}
