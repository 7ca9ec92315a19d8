import { applyEdits, type ByteEdit, editGrowth } from './byte-edit.ts';
import { type Member, readMembers, textOf } from './object-members.ts';

/** Fields that may be moved out of a row that is too large for the platform, and the least size that pays (fact sheet 6). */
const SPILLABLE: readonly string[] = ['input', 'output', 'expected', 'metadata', 'error', 'span_attributes'];
const LEAST_SPILL = 64 * 1024;
/** More than a reference takes, whatever key the attachment gets. */
const REFERENCE_ROOM = 512;

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

function sizeOf({ value }: Member): number {
  return value.end - value.start;
}

function reference(field: string, key: string): string {
  return JSON.stringify({
    type: 'braintrust_attachment',
    filename: `${field}.json`,
    content_type: 'application/json',
    key,
  });
}
