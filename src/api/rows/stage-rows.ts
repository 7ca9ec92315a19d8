import { randomUUID } from 'node:crypto';
import { BtMigrateError } from '../../domain/errors.ts';
import { isObject, type Json } from '../../domain/json.ts';
import type { StagedBatch, StageRequest } from '../../domain/row-io.ts';
import type { RefusalReason } from '../../domain/rows-refused.ts';
import type { Connection } from '../connection.ts';
import { readObject } from '../read-json.ts';
import { sendRequest } from '../send-request.ts';
import { type SignedRequest, uploadHeaders } from '../signed-request.ts';
import { describeRows } from './describe-rows.ts';
import { sendUpload } from './send-upload.ts';
import { refusal } from './write-rows.ts';

/**
 * Announces rows and uploads them to the address the server names, in as many attempts as a request has; each attempt
 * gets a new address (fact sheet 4.5).
 * @throws RowsRefused: `not_staged` where the route is not offered, `too_large` when the descriptions are.
 */
export async function stageRows(connection: Connection, orgName: string, rows: StageRequest): Promise<StagedBatch> {
  const bytes = rows.body.reduce((sum, { length }) => sum + length, 0);
  try {
    const { key } = await sendRequest(connection, {
      method: 'POST',
      path: '/logs3/overflow',
      body: describeRows(rows, bytes),
      orgName,
      repeatable: true,
      read: (answer) => readOffer(readObject(answer), rows.body),
      follow: ({ request }) => sendUpload(connection, request),
    });
    return { key, rowCount: rows.rowCount };
  } catch (error) {
    throw refusal(error, REASONS) ?? error;
  }
}

const REASONS: ReadonlyMap<number, RefusalReason> = new Map([
  [400, 'not_staged'],
  [404, 'not_staged'],
  [405, 'not_staged'],
  [413, 'too_large'],
]);

function readOffer(
  offer: { readonly [name: string]: Json },
  body: readonly Buffer[],
): { key: string; request: SignedRequest } {
  const { method, signedUrl: address, headers, fields, key } = offer;
  if (typeof address !== 'string' || typeof key !== 'string' || (method !== 'PUT' && method !== 'POST')) {
    throw new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
      detail: 'Expected an address to upload rows to, got JSON of another shape.',
    });
  }
  if (method === 'PUT') return { key, request: { method, address, headers: uploadHeaders(address, headers), body } };
  const boundary = `bt-migrate-${randomUUID()}`;
  return {
    key,
    request: {
      method,
      address,
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
      body: formOf(boundary, isObject(fields) ? fields : {}, body),
    },
  };
}

/** The form that a signed POST takes: its fields, then the file (fact sheet 4.5). */
function formOf(boundary: string, fields: { readonly [name: string]: Json }, body: readonly Buffer[]): Buffer[] {
  let head = '';
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') head += `--${boundary}\r\n${disposition(name)}\r\n\r\n${value}\r\n`;
  }
  const { 'Content-Type': type } = fields;
  head += `--${boundary}\r\n${disposition('file')}; filename="logs3.json"\r\ncontent-type: ${typeof type === 'string' ? type : 'application/json'}\r\n\r\n`;
  return [Buffer.from(head), ...body, Buffer.from(`\r\n--${boundary}--\r\n`)];
}

function disposition(name: string): string {
  return `content-disposition: form-data; name="${name.replace(/["\r\n]/g, encodeURIComponent)}"`;
}
