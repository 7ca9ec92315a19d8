import { BtMigrateError } from '../../domain/errors.ts';
import { PROXY_HINT } from '../classify-answer.ts';
import type { Connection } from '../connection.ts';
import { isHtml } from '../server-text.ts';
import type { SignedRequest } from '../signed-request.ts';

/**
 * Uploads to an address the API signed. What the store says is not shown: it repeats the signature.
 * @throws BTM_RESPONSE_UNREADABLE when the store does not take it, which a new address may mend.
 */
export async function sendUpload(connection: Connection, request: SignedRequest): Promise<void> {
  const { status, headers, stream } = await connection.openSigned(request);
  await stream.discard();
  const { origin } = new URL(request.address, connection.baseUrl);
  if (status < 200 || status >= 300) {
    throw new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
      detail: `The upload to ${origin} was answered with ${status}.`,
    });
  }
  // A store answers with nothing or XML: who answers with a page has not passed the bytes on.
  if (isHtml(headers.get('content-type') ?? '', '')) {
    throw new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
      detail: `The upload to ${origin} was answered with a web page (status ${status}), so it may not have arrived.`,
      hint: PROXY_HINT,
    });
  }
}
