import type { BlobRef } from '../domain/row-io.ts';
import type { RowPage } from '../domain/stream.ts';
import { forEachAttachment } from './for-each-attachment.ts';
import { MalformedJsonError } from './json-bytes.ts';

/** An attachment that rows of a page refer to. */
export interface WantedBlob extends BlobRef {
  /** Index of the first row that does. */
  readonly row: number;
}

/** The attachments of a page by key. Rows that cannot be read are left to whoever reads rows. */
export function attachmentsOf({ bytes, count, starts, ends, attachments }: RowPage): ReadonlyMap<string, WantedBlob> {
  const wanted = new Map<string, WantedBlob>();
  for (let row = 0; row < count; row++) {
    if (attachments?.[row] !== 1) continue;
    try {
      forEachAttachment(bytes, starts[row] as number, ends[row] as number, ({ key, filename, contentType }) => {
        if (wanted.has(key)) return;
        wanted.set(key, { key, filename: filename ?? key, contentType: contentType ?? OCTETS, row });
      });
    } catch (error) {
      if (!(error instanceof MalformedJsonError)) throw error;
    }
  }
  return wanted;
}

const OCTETS = 'application/octet-stream';
