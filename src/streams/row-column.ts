import { decodeText, QUOTE } from './json-bytes.ts';

/*
 * The top-level keys that a copy treats specially (fact sheet 4.1, 4.4), by number, so that a row's keys can be told
 * apart without making a string of each. The number says what happens to the member:
 * - `KEPT`: copied as it is; so is every key that is not in the table;
 * - `NULLABLE` and above: copied unless null. The server fills absent columns with null, so leaving a null out writes the
 *   same row with fewer bytes. Keys that are not known columns keep their null, because nothing says what absent means;
 * - `OWNED` and above: the server writes these and an insert may not; dropped. Containers are replaced by the rule's;
 * - `CONTROL` and above: instructions of a write. A row that was read is data, and data may not instruct: dropped.
 */
const KEPT_NAMES = ['id', 'span_id', 'root_span_id'] as const;
const NULLABLE_NAMES = [
  'created',
  'span_parents',
  'input',
  'output',
  'expected',
  'error',
  'scores',
  'metadata',
  'tags',
  'metrics',
  'context',
  'span_attributes',
  'origin',
  'facets',
  'dataset_record_id',
] as const;
const OWNED_NAMES = [
  '_xact_id',
  '_pagination_key',
  'org_id',
  'project_id',
  'experiment_id',
  'dataset_id',
  'prompt_session_id',
  'log_id',
  'is_root',
  'audit_data',
  'classifications',
  'comments',
  '_async_scoring_state',
] as const;
const CONTROL_NAMES = [
  '_object_delete',
  '_is_merge',
  '_merge_paths',
  '_array_delete',
  '_parent_id',
  '_audit_source',
  '_audit_metadata',
  '_skip_async_scoring',
  '_async_scoring_control',
  // Beside `origin` it would turn the row into a comment on another one (fact sheet 4.6).
  'comment',
] as const;
const NAMES = [...KEPT_NAMES, ...NULLABLE_NAMES, ...OWNED_NAMES, ...CONTROL_NAMES];

export type ColumnName = (typeof NAMES)[number];

/** A key that is not in the table. */
export const OTHER = -1;
export const NULLABLE = KEPT_NAMES.length;
export const OWNED = NULLABLE + NULLABLE_NAMES.length;
export const CONTROL = OWNED + OWNED_NAMES.length;

export const ID = column('id');
export const CREATED = column('created');
export const METADATA = column('metadata');
export const ORIGIN = column('origin');
export const DATASET_RECORD_ID = column('dataset_record_id');
export const XACT_ID = column('_xact_id');
export const PAGINATION_KEY = column('_pagination_key');
export const AUDIT_DATA = column('audit_data');
export const ASYNC_SCORING_STATE = column('_async_scoring_state');
export const OBJECT_DELETE = column('_object_delete');

export function column(name: ColumnName): number {
  return NAMES.indexOf(name);
}

// Open addressing over length, second and last byte, which already tell most of the names apart.
const SLOTS = 256;
const slots = new Int8Array(SLOTS).fill(-1);
const encoded = NAMES.map((name) => Buffer.from(name, 'latin1'));
for (const [number, name] of encoded.entries()) {
  let slot = firstSlot(name, 0, name.length);
  while (slots[slot] !== -1) slot = (slot + 1) & (SLOTS - 1);
  slots[slot] = number;
}

function firstSlot(bytes: Buffer, start: number, end: number): number {
  return ((end - start) * 37 + (bytes[start + 1] as number) * 5 + (bytes[end - 1] as number) * 11) & (SLOTS - 1);
}

/** The number of the key in `bytes[start..end)`, quotes not included; `OTHER` when it is none of ours. */
export function columnOf(bytes: Buffer, start: number, end: number): number {
  let slot = firstSlot(bytes, start, end);
  for (;;) {
    const number = slots[slot] as number;
    if (number === OTHER) return OTHER;
    const name = encoded[number] as Buffer;
    if (name.length === end - start) {
      let i = 0;
      while (i < name.length && name[i] === bytes[start + i]) i++;
      if (i === name.length) return number;
    }
    slot = (slot + 1) & (SLOTS - 1);
  }
}

/** Offset of the quote after the key at `start` when it is the column `number`, else -1. Cheaper than `columnOf`. */
export function endIfColumn(bytes: Buffer, start: number, number: number): number {
  if (number < 0) return -1;
  const name = encoded[number] as Buffer;
  const size = name.length;
  let i = 0;
  while (i < size && name[i] === bytes[start + i]) i++;
  return i === size && bytes[start + size] === QUOTE ? start + size : -1;
}

/** Like `columnOf` for a key that holds escapes: `\u0069d` is `id`. Throws MalformedJsonError for a bad escape. */
export function escapedColumnOf(bytes: Buffer, start: number, end: number): number {
  return (NAMES as readonly string[]).indexOf(decodeText(bytes, start, end));
}
