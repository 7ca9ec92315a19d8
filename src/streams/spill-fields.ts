import { applyEdits, type ByteEdit, editGrowth } from './byte-edit.ts';
import { type Member, readMembers, textOf } from './object-members.ts';

/** Fields that may be moved out of a row that is too large for the platform, and the least size that pays (fact sheet 6). */
const SPILLABLE: readonly string[] = ['input', 'output', 'expected', 'metadata', 'error', 'span_attributes'];
const LEAST_SPILL = 64 * 1024;

/** A field that has become a JSON attachment. */
export interface SpilledField {
  readonly field: string;
  /** Key of the attachment that the row now refers to. */
  readonly key: string;
  /** The field's exact bytes: what the attachment must hold. */
  readonly content: Buffer;
}

export interface SpilledRow {
  readonly bytes: Buffer;
  /** The largest first; empty when nothing had to or could be moved. */
  readonly spilled: readonly SpilledField[];
  /** False when the row is still above the limit. */
  readonly fits: boolean;
}

/**
 * Moves the largest fields of a row into attachments until the row has at most `limit` bytes, as the platform does itself;
 * `newKey` names each attachment. References in a field must have been remapped before: nobody looks into attachments.
 * Throws MalformedJsonError.
 */
export function spillFields(row: Buffer, limit: number, newKey: () => string): SpilledRow {
  const candidates = readMembers(row, 0)
    .filter((member) => sizeOf(member) >= LEAST_SPILL && SPILLABLE.includes(textOf(row, member.key) ?? ''))
    .sort((a, b) => sizeOf(b) - sizeOf(a));
  const edits: ByteEdit[] = [];
  const spilled: SpilledField[] = [];
  for (const { key: name, value } of candidates) {
    if (row.length + editGrowth(edits) <= limit) break;
    const key = newKey();
    const field = textOf(row, name) ?? '';
    const content = row.subarray(value.start, value.end);
    edits.push({ start: value.start, end: value.end, bytes: Buffer.from(reference(field, key)) });
    spilled.push({ field, key, content });
  }
  if (edits.length === 0) return { bytes: row, spilled, fits: row.length <= limit };
  const size = row.length + editGrowth(edits);
  // Every edit makes the row shorter, so that a copy of it has room for the result.
  const bytes = Buffer.from(row);
  applyEdits(bytes, 0, row.length, edits);
  return { bytes: bytes.subarray(0, size), spilled, fits: size <= limit };
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
