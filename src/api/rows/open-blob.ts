import { BtMigrateError } from '../../domain/errors.ts';
import { isObject, type JsonObject } from '../../domain/json.ts';
import type { OrgIdentity } from '../../domain/org.ts';
import type { BlobRef, OpenedBlob } from '../../domain/row-io.ts';
import { ApiError } from '../api-error.ts';
import { PROXY_HINT } from '../classify-answer.ts';
import type { Connection } from '../connection.ts';
import { readObject } from '../read-json.ts';
import { sendRequest } from '../send-request.ts';
import { isHtml } from '../server-text.ts';

/**
 * Opens an attachment (fact sheet section 6). Only its beginning is asked for again; a stream that breaks is for whoever
 * reads it. An attachment that is absent, not there yet or failed is an answer, not an error.
 */
export async function openBlob(connection: Connection, org: OrgIdentity, blob: BlobRef): Promise<OpenedBlob> {
  try {
    return await sendRequest(connection, {
      method: 'GET',
      path: '/attachment',
      query: { key: blob.key, filename: blob.filename, content_type: blob.contentType, org_id: org.orgId },
      orgName: org.orgName,
      repeatable: true,
      read: (answer) => download(connection, readObject(answer), blob),
    });
  } catch (error) {
    if (error instanceof ApiError && error.objectMissing) return { status: 'missing' };
    throw error;
  }
}

async function download(
  connection: Connection,
  { downloadUrl, status }: JsonObject,
  { contentType }: BlobRef,
): Promise<OpenedBlob> {
  const state = isObject(status) ? status : {};
  if (state.upload_status === 'uploading') return { status: 'uploading' };
  if (state.upload_status === 'error') {
    const { error_message: message } = state;
    return { status: 'error', message: typeof message === 'string' ? message : 'its upload failed' };
  }
  if (typeof downloadUrl !== 'string') {
    throw new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
      detail: 'Expected an address to download from, got JSON of another shape.',
    });
  }
  const answer = await connection.openSigned({ method: 'GET', address: downloadUrl, headers: {}, body: undefined });
  const { status: code, headers, stream } = answer;
  if (code === 200 && isHtml(headers.get('content-type') ?? '', '') && !isHtml(contentType, '')) {
    stream.destroy();
    throw new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
      detail: `Instead of an attachment of type ${contentType}, ${new URL(downloadUrl, connection.baseUrl).origin} answered with a web page.`,
      hint: PROXY_HINT,
    });
  }
  if (code === 200) {
    const length = headers.get('content-length');
    const size = length === undefined ? null : Number(length);
    return {
      status: 'done',
      size,
      stream: { [Symbol.asyncIterator]: () => readable(stream), destroy: () => stream.destroy() },
    };
  }
  await stream.discard();
  if (code === 404 || code === 410) return { status: 'missing' };
  throw new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
    detail: `The attachment was to be fetched from ${new URL(downloadUrl, connection.baseUrl).origin}, which answered ${code}.`,
  });
}

/** What breaks while reading is the fault of whoever is read, not of whoever the bytes are passed on to. */
async function* readable(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* stream;
  } catch (cause) {
    if (cause instanceof BtMigrateError) throw cause;
    throw new BtMigrateError('BTM_UNREACHABLE', {
      detail: `The attachment broke off while it was read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      cause,
    });
  }
}
