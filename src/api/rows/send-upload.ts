import { BtMigrateError } from '../../domain/errors.ts';
import type { Connection } from '../connection.ts';
import type { SignedRequest } from '../signed-request.ts';

/**
 * Uploads to an address the API signed. What the store says is not shown: it repeats the signature.
 * @throws BTM_RESPONSE_UNREADABLE when the store does not take it, which a new address may mend.
 */
export async function sendUpload(connection: Connection, request: SignedRequest): Promise<void> {
  const { status, stream } = await connection.openSigned(request);
  await stream.dump();
  if (status >= 200 && status < 300) return;
  throw new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
    detail: `The upload to ${new URL(request.address, connection.baseUrl).origin} was answered with ${status}.`,
  });
}
