import { randomUUID } from 'node:crypto';
import { BtMigrateError } from '../../domain/errors.ts';
import type { OrgIdentity } from '../../domain/org.ts';
import type { BlobUpload } from '../../domain/row-io.ts';
import type { Connection } from '../connection.ts';
import { readObject, refuseWebPage } from '../read-json.ts';
import { sendRequest } from '../send-request.ts';
import { uploadHeaders } from '../signed-request.ts';
import { sendUpload } from './send-upload.ts';

/**
 * Uploads an attachment under a new key and returns the key (fact sheet section 6). The bytes pass through; they are
 * opened again for each attempt.
 * @throws BTM_RESPONSE_UNREADABLE when they are not as many as announced, and what `sendRequest` throws.
 */
export async function putBlob(connection: Connection, org: OrgIdentity, upload: BlobUpload): Promise<string> {
  const key = randomUUID();
  const common = { orgName: org.orgName, repeatable: true } as const;
  await sendRequest(connection, {
    ...common,
    method: 'POST',
    path: '/attachment',
    body: JSON.stringify({
      key,
      filename: upload.filename,
      content_type: upload.contentType,
      org_id: org.orgId,
    }),
    read: (answer) => {
      const { signedUrl: address, headers } = readObject(answer);
      if (typeof address === 'string') return { address, headers };
      throw new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
        detail: 'Expected an address to upload to, got JSON of another shape.',
      });
    },
    follow: async ({ address, headers }) => {
      const body = { size: upload.size, stream: exactly(upload.size, await upload.open()) };
      await sendUpload(connection, { method: 'PUT', address, headers: uploadHeaders(address, headers), body });
    },
  });
  await sendRequest(connection, {
    ...common,
    method: 'POST',
    path: '/attachment/status',
    body: JSON.stringify({ key, org_id: org.orgId, status: { upload_status: 'done' } }),
    read: (answer) => refuseWebPage(answer),
  });
  return key;
}

/** Passes bytes on and makes sure that they are as many as was said. */
async function* exactly(size: number, stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let passed = 0;
  for await (const piece of stream) {
    passed += piece.length;
    if (passed > size) break;
    yield piece;
  }
  if (passed === size) return;
  throw new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
    detail: `The attachment was said to have ${size} bytes and had ${passed > size ? 'more' : `only ${passed}`}.`,
  });
}
