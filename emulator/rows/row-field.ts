/**
 * The row columns and control keys that the store treats specially, by number, so that a scan can classify a key
 * without making a string of it. Everything else is `OTHER`: user data that is kept as it is.
 */
const NAMES = [
  'id',
  'created',
  'span_id',
  'root_span_id',
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
  // Server-owned: an insert may carry them, their values are ignored (fact sheet 4.1).
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
  'comments',
  'classifications',
  '_async_scoring_state',
  // Write-only and without effect on how a row is stored.
  'vectors',
  '_async_scoring_control',
  '_skip_async_scoring',
  // Control keys: a row with one of these is not a plain replace.
  '_is_merge',
  '_merge_paths',
  '_array_delete',
  '_object_delete',
  '_parent_id',
  '_audit_source',
  '_audit_metadata',
  'comment',
] as const;

export type FieldName = (typeof NAMES)[number];

/** What a key outside the table is. */
export const OTHER = NAMES.length;
/** The first number of the server-owned columns. */
export const FIRST_OWNED = NAMES.indexOf('_xact_id');
/** The first number of the keys that make a write more than a plain replace. */
export const FIRST_CONTROL = NAMES.indexOf('_is_merge');

const BITS = 9;
const SIZE = 1 << BITS;
const slots = new Int8Array(SIZE).fill(-1);
const encoded = NAMES.map((name) => Buffer.from(name, 'latin1'));

/** One step of the key hash; start with 0. */
export function hashStep(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

function slotOf(hash: number): number {
  return Math.imul(hash, 0x9e3779b1) >>> (32 - BITS);
}

for (const [field, bytes] of encoded.entries()) {
  let slot = slotOf(bytes.reduce(hashStep, 0));
  while (slots[slot] !== -1) slot = (slot + 1) & (SIZE - 1);
  slots[slot] = field;
}

export function fieldNumber(name: FieldName): number {
  return NAMES.indexOf(name);
}

/** The number of the key `bytes[start..end)`, whose hash is `hash`; `OTHER` when it is not in the table. */
export function classifyKey(bytes: Buffer, start: number, end: number, hash: number): number {
  let slot = slotOf(hash);
  for (;;) {
    const field = slots[slot] as number;
    if (field === -1) return OTHER;
    const name = encoded[field] as Buffer;
    if (name.length === end - start) {
      let i = 0;
      while (i < name.length && name[i] === bytes[start + i]) i++;
      if (i === name.length) return field;
    }
    slot = (slot + 1) & (SIZE - 1);
  }
}

/** The number of a key given as text. */
export function classifyName(name: string): number {
  const field = (NAMES as readonly string[]).indexOf(name);
  return field === -1 ? OTHER : field;
}
