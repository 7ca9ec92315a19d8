import type { OrgReader } from '../domain/org.ts';
import type { BlobRef } from '../domain/row-io.ts';
import { MalformedJsonError, skipSpace, skipValue } from '../streams/json-bytes.ts';
import { findSpilled, putBack } from '../streams/spill-fields.ts';

/** Bytes of the largest field that is put back: no row that can be read is larger. */
const LARGEST_FIELD = 128 * 1024 * 1024;

/**
 * A row of the destination as it was before its largest fields were moved into attachments, because the platform does not
 * take rows of that size. Undefined for a row without such fields, and when one of them cannot be had. A field that is an
 * attachment in `source`, too, stays one.
 * @throws what opening and reading an attachment throws.
 */
export async function restoreSpilled(
  row: Buffer,
  source: Buffer | undefined,
  reader: OrgReader,
): Promise<Buffer | undefined> {
  const restored = [];
  for (const { blob, start, end } of findSpilled(row)) {
    if (source?.includes(blob.key) === true) continue;
    const content = await download(blob, reader);
    if (content === undefined || !isJson(content)) return undefined;
    restored.push({ start, end, content });
  }
  return restored.length === 0 ? undefined : putBack(row, restored);
}

async function download(blob: BlobRef, reader: OrgReader): Promise<Buffer | undefined> {
  const opened = await reader.openBlob(blob);
  if (opened.status !== 'done') return undefined;
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of opened.stream) {
    size += piece.length;
    if (size > LARGEST_FIELD) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces, size);
}

/** True for one JSON value and nothing else, as far as that can be told without parsing what is in it. */
function isJson(content: Buffer): boolean {
  try {
    return skipSpace(content, skipValue(content, skipSpace(content, 0))) === content.length;
  } catch (error) {
    if (error instanceof MalformedJsonError) return false;
    throw error;
  }
}
