import type { BlobRef } from '../domain/row-io.ts';
import { applyEdits, type ByteEdit, editGrowth } from './byte-edit.ts';
import { MalformedJsonError } from './json-bytes.ts';
import { type ByteRange, type Member, readMembers, textOf } from './object-members.ts';

/** Fields that may be moved out of a row that is too large for the platform, and the least size that pays (fact sheet 6). */
const SPILLABLE: readonly string[] = ['input', 'output', 'expected', 'metadata', 'error', 'span_attributes'];
const LEAST_SPILL = 64 * 1024;
/** More than a reference takes, whatever key the attachment gets. */
const REFERENCE_ROOM = 512;
const CONTENT_TYPE = 'application/json';

/** A field that can become a JSON attachment. */
export interface LargeField {
  readonly field: string;
  /** The field's exact bytes: what the attachment must hold. */
  readonly content: Buffer;
  /** Where they stand in the row. */
  readonly start: number;
  readonly end: number;
}

/**
 * The largest fields of a row, as few as it takes to bring the row down to `limit` bytes; all that may be moved when none
 * of it suffices. Throws MalformedJsonError.
 */
export function chooseFields(row: Buffer, limit: number): readonly LargeField[] {
  const candidates = readMembers(row, 0)
    .filter((member) => sizeOf(member) >= LEAST_SPILL && SPILLABLE.includes(textOf(row, member.key) ?? ''))
    .sort((a, b) => sizeOf(b) - sizeOf(a));
  const chosen: LargeField[] = [];
  let size = row.length;
  for (const { key, value } of candidates) {
    if (size <= limit) break;
    chosen.push({ ...value, field: textOf(row, key) ?? '', content: row.subarray(value.start, value.end) });
    size += REFERENCE_ROOM - (value.end - value.start);
  }
  return chosen;
}

/**
 * The row with references to attachments in place of these fields, as the platform writes them itself. References in a
 * field must have been remapped before: nobody looks into attachments.
 */
export function spillFields(row: Buffer, fields: readonly (LargeField & { readonly key: string })[]): Buffer {
  const edits = fields.map(
    ({ start, end, field, key }): ByteEdit => ({ start, end, bytes: Buffer.from(reference(field, key)) }),
  );
  const bytes = Buffer.allocUnsafe(row.length + Math.max(0, editGrowth(edits)));
  row.copy(bytes);
  return bytes.subarray(0, applyEdits(bytes, 0, row.length, edits));
}

/** A field whose place a reference to an attachment has taken, and where that stands in the row. */
export interface SpilledField extends ByteRange {
  readonly blob: BlobRef;
}

/** The fields of a row that look as `spillFields` leaves them; none of a row that cannot be read. */
export function findSpilled(row: Buffer): readonly SpilledField[] {
  try {
    return readMembers(row, 0).flatMap((member) => {
      const field = textOf(row, member.key) ?? '';
      if (!SPILLABLE.includes(field) || sizeOf(member) > REFERENCE_ROOM) return [];
      const key = keyOf(row.toString('utf8', member.value.start, member.value.end), field);
      return key === undefined ? [] : [{ ...member.value, blob: { ...named(field), key } }];
    });
  } catch (error) {
    if (error instanceof MalformedJsonError) return [];
    throw error;
  }
}

/** The row with these bytes in the places of spilled fields. */
export function putBack(row: Buffer, fields: readonly (ByteRange & { readonly content: Buffer })[]): Buffer {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const { start, end, content } of fields) {
    pieces.push(row.subarray(at, start), content);
    at = end;
  }
  return Buffer.concat([...pieces, row.subarray(at)]);
}

function keyOf(text: string, field: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { key, type, filename, content_type: contentType, ...rest } = value as Record<string, unknown>;
  const wanted = named(field);
  const isOurs = type === 'braintrust_attachment' && filename === wanted.filename && contentType === CONTENT_TYPE;
  return isOurs && typeof key === 'string' && Object.keys(rest).length === 0 ? key : undefined;
}

function named(field: string): Omit<BlobRef, 'key'> {
  return { filename: `${field}.json`, contentType: CONTENT_TYPE };
}

function sizeOf({ value }: Member): number {
  return value.end - value.start;
}

function reference(field: string, key: string): string {
  const { filename, contentType } = named(field);
  return JSON.stringify({ type: 'braintrust_attachment', filename, content_type: contentType, key });
}
